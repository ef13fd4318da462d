// What browsers move by the wall clock and no script can seek: switched off.
//
// Smooth scrolling arrives at once, a text cursor does not blink, a marquee stands still.
// Animated images show their first picture; media.js and style_images.js give them the others.
//
//   apply()               switches off what style can switch off

const NAMES = ["scroll", "scrollTo", "scrollBy", "scrollIntoView"];

/** @param {any} options what a scrolling function is given */
function atOnce(options) {
  return options?.behavior === "smooth" ? { ...options, behavior: "instant" } : options;
}

/** @param {any} object */
function replaceIn(object) {
  for (const name of NAMES) {
    const scroll = object[name];
    if (typeof scroll !== "function") continue;
    object[name] = {
      /**
       * @this {unknown}
       * @param {unknown[]} args
       */
      [name](...args) {
        if (args.length === 1 && typeof args[0] === "object") args[0] = atOnce(args[0]);
        return scroll.apply(this, args);
      },
    }[name];
  }
}
replaceIn(Element.prototype);
replaceIn(globalThis);

const sheet = new CSSStyleSheet();
sheet.replaceSync(
  "* { scroll-behavior: auto !important; caret-color: transparent !important } " +
    "*, ::before, ::after { image-animation: stopped !important }",
);

function apply() {
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  for (const marquee of document.getElementsByTagName("marquee")) marquee.stop?.();
}

export { apply };
