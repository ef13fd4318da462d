// Selectors of a nested composition, rewritten to mean its own elements.
//
//   scope(text, instance)                    for a rule: elements below the host
//   mapDocument(text, instance)              for querySelector: html, body, :root become the host
// where instance = {key, depth, ids, host, root, renamedIds: Map id -> selector}; the host carries
// data-fanreel-host="key", the root below it data-fanreel-root="key".
//
// A rule `S` reaches the elements below the host with one more attribute of specificity per level
// of nesting, so an inner file wins over an outer one that says the same (HyperFrames docs,
// sub-compositions: every rule is prefixed by the composition's attribute selector).
// `html`, `body`, `:root` mean the host and keep their specificity, so that the outer file may
// still place it.
//
// @scope would do without rewriting, but gives no specificity: `.a .b` of the page would win over
// `.b` of the nested file.

const HOST = "\u0001";
const IDENT = /[-_a-zA-Z0-9\u0080-\uffff]/;

// Index just after the escape, string, bracket or identifier that starts at *at*.
function skip(text, at) {
  const char = text[at];
  if (char === "\\") return at + 2;
  if (char === '"' || char === "'") {
    let end = at + 1;
    while (end < text.length && text[end] !== char) end += text[end] === "\\" ? 2 : 1;
    return end + 1;
  }
  if (char === "[") {
    let end = at + 1;
    while (end < text.length && text[end] !== "]") {
      end = text[end] === '"' || text[end] === "'" ? skip(text, end) : end + 1;
    }
    return end + 1;
  }
  return at + 1;
}

function identEnd(text, from) {
  let end = from;
  while (end < text.length && (IDENT.test(text[end]) || text[end] === "\\")) {
    end += text[end] === "\\" ? 2 : 1;
  }
  return end;
}

// Splits at top-level commas.
function splitList(text) {
  const parts = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; ) {
    if (text[at] === "(") depth += 1;
    else if (text[at] === ")") depth -= 1;
    else if (text[at] === "," && depth === 0) {
      parts.push(text.slice(start, at).trim());
      start = at + 1;
    }
    at = skip(text, at);
  }
  parts.push(text.slice(start).trim());
  return parts;
}

// [{combinator, compound}], the combinator being the one before the compound.
function splitCompounds(text) {
  const parts = [];
  let depth = 0;
  let compound = "";
  let combinator = "";
  const push = () => {
    if (compound !== "") parts.push({ combinator, compound });
    if (compound !== "") combinator = " ";
    compound = "";
  };
  for (let at = 0; at < text.length; ) {
    const char = text[at];
    const end = skip(text, at);
    if (char === "(") depth += 1;
    if (char === ")") depth -= 1;
    if (depth === 0 && /\s/.test(char)) push();
    else if (depth === 0 && (char === ">" || char === "+" || char === "~")) {
      push();
      combinator = char;
    } else compound += text.slice(at, end);
    at = end;
  }
  push();
  return parts;
}

// An id that has another name here, see nesting.js and unique_ids.js.
function nameId(name, { renamedIds }) {
  const known = name[0] === "#" && renamedIds.get(name.slice(1).replace(/\\([^\da-f])/gi, "$1"));
  return known ? `:is(${name}, ${known})` : name;
}

// Puts HOST-marks where a selector names the document's own elements. The mark is followed by
// `e` (a type selector) or `c` (a pseudo-class), for the specificity.
function markHost(text, instance) {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const char = text[at];
    if (char === "." || char === "#" || char === ":") {
      const from = at + (text.startsWith("::", at) ? 2 : 1);
      const end = identEnd(text, from);
      const name = text.slice(at, end);
      result += name.toLowerCase() === ":root" ? `${HOST}c` : nameId(name, instance);
      at = Math.max(end, at + 1);
    } else if (IDENT.test(char) || char === "\\") {
      const end = identEnd(text, at);
      const name = text.slice(at, end);
      const isType = result === "" || /[\s>+~(,]$/.test(result);
      result += isType && /^(html|body)$/i.test(name) ? `${HOST}e` : name;
      at = end;
    } else {
      const end = skip(text, at);
      result += text.slice(at, end);
      at = end;
    }
  }
  return result;
}

// `html body .x` and `html > body > .x`: both compounds are the host, which is one element.
function mergeHosts(parts) {
  const merged = [];
  for (const part of parts) {
    const last = merged.at(-1);
    const follows = part.combinator === " " || part.combinator === ">";
    if (last && follows && isHost(last.compound) && isHost(part.compound)) {
      last.compound += part.compound;
    } else merged.push({ ...part });
  }
  return merged;
}

const isHost = (compound) => {
  let depth = 0;
  for (const char of compound) {
    if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    else if (char === HOST && depth === 0) return true;
  }
  return false;
};

const hostSelector = (instance) => `[data-fanreel-host="${instance.key}"]`;

// `:not()` of what cannot exist adds exactly the specificity that `body` or `:root` had.
const unmark = (text, instance) =>
  text
    .replaceAll(`${HOST}e`, `:where(${hostSelector(instance)}):not(fanreel-none)`)
    .replaceAll(`${HOST}c`, `:where(${hostSelector(instance)}):not(.fanreel-none)`);

function pseudoElementAt(compound) {
  let depth = 0;
  for (let at = 0; at < compound.length; ) {
    if (compound[at] === "(") depth += 1;
    if (compound[at] === ")") depth -= 1;
    if (depth === 0 && compound.startsWith("::", at)) return at;
    if (depth === 0 && /^:(before|after|first-line|first-letter)\b/i.test(compound.slice(at))) {
      return at;
    }
    at = skip(compound, at);
  }
  return compound.length;
}

// The composition's id stands on the host alone where the file's root has the same one, but a
// rule of the file means its root: that is what its children stand directly below. As an ancestor
// the host does as well, since the root is in it.
const NAMED =
  /\[\s*data-composition-id\s*(?:[~|^$*]?=\s*(?:"[^"]*"|'[^']*'|[^\]\s]+)\s*[is]?\s*)?\]/gi;

function meanRoot(parts, { key, ids, root, host }) {
  if (!root || root === host || root.hasAttribute("data-composition-id")) return;
  const named = document.createElement("i");
  const isOurs = (attribute) =>
    ids.some((id) => {
      named.setAttribute("data-composition-id", id);
      return named.matches(attribute);
    });
  for (const [index, part] of parts.entries()) {
    if (parts[index + 1]?.combinator === " ") continue;
    part.compound = part.compound.replace(NAMED, (attribute) =>
      isOurs(attribute) ? `[data-fanreel-root="${key}"]` : attribute,
    );
  }
}

function scopeComplex(text, instance) {
  const parts = mergeHosts(splitCompounds(markHost(text, instance)));
  if (parts.length === 0) return text;
  meanRoot(parts, instance);
  const subject = parts.at(-1);
  if (!isHost(subject.compound)) {
    const host = hostSelector(instance).repeat(Math.max(instance.depth, 1));
    const reachesHost =
      subject.compound.includes(HOST) || /\[\s*data-composition-/.test(subject.compound);
    const membership = reachesHost ? `:is(${host}, ${host} *)` : `:is(${host} *)`;
    const at = pseudoElementAt(subject.compound);
    subject.compound = subject.compound.slice(0, at) + membership + subject.compound.slice(at);
  }
  const joined = parts
    .map(({ combinator, compound }, index) => {
      if (index === 0) return (combinator === "" ? "" : `${combinator} `) + compound;
      return combinator === " " ? ` ${compound}` : ` ${combinator} ${compound}`;
    })
    .join("");
  return unmark(joined, instance);
}

const selector = (text, instance) =>
  splitList(text)
    .map((part) => scopeComplex(part, instance))
    .join(", ");

const mapDocument = (text, instance) =>
  splitList(text)
    .map((part) => {
      const parts = mergeHosts(splitCompounds(markHost(part, instance)));
      // Else the host, which scripts find by that id in the page's markup.
      if (instance.namedByFile) meanRoot(parts, instance);
      return unmark(
        parts
          .map(({ combinator, compound }) => (combinator.trim() ? `${combinator} ` : "") + compound)
          .join(" "),
        instance,
      );
    })
    .join(", ");

export { mapDocument, selector as scope };
