// Names of the document's media: what planner and workers call each video, sound and image.
//
//   keyOf(element)      "m0", "m1", ...; also the attribute data-fanreel-media. Null outside the
//                       document
//   elements()          Map key -> element; gives keys to those that have none
//   sourceOf(element)   the URL of what it shows, or null
//
// Every video, audio and img gets a key, in document order, whether or not it turns out to be
// animated: so planner and workers agree without looking into files. An element that a script adds
// later is named by what it shows, because it may be met in another order by another worker.

import { fingerprint } from "./fingerprint.js";
import { outside } from "./lookups.js";
import { startAsWritten } from "./volumes.js";

/** @import { Medium } from "./types.d.ts" */

const KEY = "data-fanreel-media";
let counted = false;

/** @param {Medium} element */
function nameLate(element) {
  /** @type {(string | null | undefined)[]} */
  const facts = [element.localName, sourceOf(element), element.getAttribute("data-start")];
  /** @type {HTMLElement | null} */
  const parent = element.closest("[data-fanreel-host], [data-composition-id]");
  facts.push(parent?.getAttribute("data-fanreel-host") ?? parent?.dataset.compositionId);
  const name = `m-${fingerprint(facts.join("\0"))}`;
  const taken = document.querySelectorAll(`[${KEY}^="${name}"]`).length;
  return taken === 0 ? name : `${name}-${taken}`;
}

export function elements() {
  return outside(listElements);
}

function listElements() {
  /** @type {Map<string, Medium>} */
  const found = new Map();
  let number = 0;
  /** @type {NodeListOf<Medium>} */
  const media = document.querySelectorAll("video, audio, img");
  for (const element of media) {
    let key = element.getAttribute(KEY);
    // A copy that a script made of a known element is another element.
    if (key === null || found.has(key)) {
      key = counted ? nameLate(element) : `m${number}`;
      element.setAttribute(KEY, key);
      if (element instanceof HTMLMediaElement) startAsWritten(element);
    }
    number += 1;
    found.set(key, element);
  }
  counted = true;
  return found;
}

/** @param {Element} element */
export function keyOf(element) {
  if (!element.hasAttribute(KEY)) elements();
  return element.getAttribute(KEY);
}

// ---- sources -------------------------------------------------------------------------------------
/** @param {Medium} element */
export function sourceOf(element) {
  if (element instanceof HTMLImageElement) return element.currentSrc || element.src || null;
  const own = element.getAttribute("src");
  if (own) return new URL(own, document.baseURI).href;
  const sources = [...element.querySelectorAll("source")].filter(
    (source) => source.getAttribute("src") && (!source.media || matchMedia(source.media).matches),
  );
  const playable = (/** @type {HTMLSourceElement} */ source) =>
    !source.type || element.canPlayType(source.type) !== "";
  return (sources.find(playable) ?? sources[0])?.src ?? null;
}
