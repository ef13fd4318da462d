// Ids that a nested composition refers to in `url(#id)` and `href="#id"`.
//
//   rename(fragment, instance)               before the fragment is inserted
//
// A gradient, mask, clip path or symbol is found by its id in the whole document, the first one
// counting. A second mount of the same file would be painted with the first one's, and lose its
// masks while the first is hidden. So an id that is referred to and already taken gets another
// name; instance.renamedIds lets selectors and look-ups of the instance find it.

/** @import { Instance } from "./types.d.ts" */

const REFERENCE = /url\(\s*(["']?)#([^"')]+)\1\s*\)/g;
const HREFS = ["href", "xlink:href"];

/** @param {DocumentFragment} fragment */
function* references(fragment) {
  for (const element of fragment.querySelectorAll("*")) {
    for (const { name, value } of element.attributes) {
      // "#" alone, as links without an aim have it, is the top of the page.
      if (HREFS.includes(name) && value.length > 1 && value[0] === "#") yield value.slice(1);
      else if (value.includes("url(")) for (const [, , id] of value.matchAll(REFERENCE)) yield id;
    }
    if (element.localName !== "style") continue;
    for (const [, , id] of element.textContent.matchAll(REFERENCE)) yield id;
  }
}

/**
 * @param {DocumentFragment} fragment
 * @param {Map<string, string>} names
 */
function replace(fragment, names) {
  const refer = (/** @type {string} */ text) =>
    text.replace(REFERENCE, (token, _quote, id) =>
      names.has(id) ? `url(#${names.get(id)})` : token,
    );
  for (const element of fragment.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const isHref = HREFS.includes(name) && names.has(value.slice(1)) && value[0] === "#";
      if (isHref) element.setAttribute(name, `#${names.get(value.slice(1))}`);
      else if (value.includes("url(")) element.setAttribute(name, refer(value));
    }
    if (element.localName === "style" && element.textContent.includes("url(")) {
      element.textContent = refer(element.textContent);
    }
    const renamed = names.get(element.id);
    if (renamed !== undefined) element.id = renamed;
  }
}

/**
 * @param {DocumentFragment} fragment
 * @param {Instance} instance
 */
function rename(fragment, instance) {
  const names = new Map();
  for (const id of new Set(references(fragment))) {
    const defined = fragment.querySelector(`#${CSS.escape(id)}`);
    if (!defined || defined === instance.root || !document.getElementById(id)) continue;
    names.set(id, `${id}-${instance.key}`);
    instance.renamedIds.set(id, `#${CSS.escape(`${id}-${instance.key}`)}`);
  }
  if (names.size > 0) replace(fragment, names);
}

export { rename };
