// The sizes at which elements are drawn, as far as transforms make them.
//
//   read()       those of this frame's elements, as a text
//   changed()    whether any of the project's is another than when this was last asked
//
// A layer that is scaled otherwise is on the screen at once, stretched from what was drawn for its
// earlier size, and drawn anew with a later picture (capture/pictures.py). Turned or moved it is not
// drawn anew, unless it is so in space.

import * as animations from "./animations.js";
import { realms } from "./realm.js";

const PSEUDO = [undefined, "::before", "::after"];
// 10 ms for 2000 elements; a picture more takes 25.
const MOST = 2000;
/** @type {string | null} */
let before = null;

/** @param {CSSStyleDeclaration} style */
function sizeOf({ transform, scale, perspective }) {
  const found = scale === "none" ? "" : scale;
  if (transform === "none") return found;
  const flat = /^matrix\((.+)\)$/.exec(transform);
  if (!flat) return `${found} ${transform} ${perspective}`;
  const [a, b, c, d] = flat[1].split(",").map(Number);
  return `${found} ${Math.hypot(a, b).toFixed(5)} ${Math.hypot(c, d).toFixed(5)}`;
}

export function read() {
  const sizes = [];
  const roots = [document, ...animations.shadowRoots()];
  const elements = roots.flatMap((root) => [...root.querySelectorAll("*")]);
  if (elements.length > MOST) return null;
  for (const element of elements) {
    for (const pseudo of PSEUDO) {
      const size = sizeOf(getComputedStyle(element, pseudo));
      if (size) sizes.push(size);
    }
  }
  return sizes.join();
}

/**
 * @param {Window} view
 * @returns {number}
 */
const frames = (view) =>
  Array.from({ length: view.length }, (_, at) => frames(view[at])).reduce((a, b) => a + b, 1);

// True too where that cannot be told: with frames of other origins and in pages of many elements.
export function changed() {
  const found = [...realms()].map((realm) => realm.sizes.read());
  const told = found.length >= frames(window) && !found.includes(null);
  const now = told ? found.join("|") : null;
  const isSame = now !== null && now === before;
  before = now;
  return !isSame;
}
