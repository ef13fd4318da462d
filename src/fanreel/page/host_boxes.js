// Sizes of nested compositions: of the file's own root, and of the host that shows it.
//
//   add(instance)               gives the root its size now, the host when the page has its styles
//   fit()                       from then on; hosts that come later are fitted as they come
//
// A root is its data-width × data-height, without these as large as its host (as in HyperFrames
// 0.8.170). A host that no style gives a length in some direction has the root's there, or its own
// data-width × data-height, or the frame's, so that percentages and centring have something to go by.

import { config } from "./realm.js";

/** @import { Instance } from "./types.d.ts" */
/** @typedef {"width" | "height"} Side */

/** @type {[Side, string[]][]} */
const SIDES = [
  ["width", ["left", "right"]],
  ["height", ["top", "bottom"]],
];
/** @type {Set<Instance>} */
const waiting = new Set();
let styled = false;

/** @param {Instance} instance */
function add(instance) {
  const { host, root } = instance;
  if (root !== host) fitRoot(root);
  if (styled) fitHost(instance);
  else waiting.add(instance);
}

/** @param {HTMLElement} root */
function fitRoot(root) {
  for (const [name] of SIDES) {
    const pixels = Number.parseFloat(root.getAttribute(`data-${name}`) ?? "");
    if (root.style[name] === "") root.style[name] = pixels > 0 ? `${pixels}px` : "100%";
  }
}

/** @param {Instance} instance */
function fitHost(instance) {
  const { host } = instance;
  for (const [name, edges] of SIDES) {
    if (hasLength(host, name, edges)) continue;
    host.style[name] = `${instance[name] ?? config[name]}px`;
  }
}

/**
 * @param {HTMLElement} host
 * @param {Side} name
 * @param {string[]} edges
 */
function hasLength(host, name, edges) {
  const style = host.computedStyleMap();
  const isAuto = (/** @type {string} */ property) => style.get(property)?.toString() === "auto";
  if (host.style[name] !== "" || !isAuto(name)) return true;
  const isPlaced = /^(absolute|fixed)$/.test(String(style.get("position")));
  return isPlaced && !edges.some(isAuto);
}

function fit() {
  styled = true;
  for (const instance of waiting) fitHost(instance);
  waiting.clear();
}

export { add, fit };
