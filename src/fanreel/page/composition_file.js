// A nested composition's file, from text to what is mounted.
//
//   parse(text)                     {fragment, declarations, shell}
//     declarations   texts of data-composition-variables outside the composition's own root
//     shell          {html, body} of a file that comes whole, else null

// The documented form is a <template> that transports everything; what stands outside it is the
// file's own affair. A document whose composition is in its body, or a fragment, comes whole.
// Catalog blocks also name the composition on the <html> or the <template> around it.
/** @param {string} text */
function parse(text) {
  const doc = new DOMParser().parseFromString(text, "text/html");
  const inBody = doc.body.querySelector("[data-composition-id]:not(template)");
  const template = inBody ? null : transport(doc);
  const fragment = document.createDocumentFragment();
  if (template) fragment.append(...template.content.childNodes);
  else fragment.append(...headParts(doc), ...doc.body.childNodes);
  stillScripts(fragment);
  const declared = [doc.documentElement, doc.body, template];
  return {
    fragment,
    declarations: declared.map((el) => el?.getAttribute("data-composition-variables") ?? null),
    shell: template ? null : { html: doc.documentElement, body: doc.body },
  };
}

/** @param {Document} doc */
function transport(doc) {
  const templates = [...doc.querySelectorAll("template")];
  const wraps = templates.find((item) => item.content.querySelector("[data-composition-id]"));
  if (wraps) return wraps;
  const visible = [...doc.body.children].filter(
    (element) => !/^(template|script|style|link|meta)$/.test(element.localName),
  );
  return templates.length === 1 && visible.length === 0 ? templates[0] : null;
}

/** @param {Document} doc */
const headParts = (doc) =>
  [...doc.head.children].filter(
    (element) =>
      /^(style|script)$/.test(element.localName) || element.matches('link[rel~="stylesheet" i]'),
  );

// A script parsed by innerHTML never starts by itself, not even when its host is moved later.
/** @param {DocumentFragment} fragment */
function stillScripts(fragment) {
  for (const script of fragment.querySelectorAll("script")) {
    const holder = document.createElement("template");
    const still = document.createElement("div");
    holder.content.append(script.cloneNode(true));
    still.innerHTML = holder.innerHTML;
    script.replaceWith(...still.childNodes);
  }
}

export { parse };
