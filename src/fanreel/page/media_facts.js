// What the planner has probed of media.
//
//   keepFacts({key: {durationS, width, height}})
//   durationS(element)   length of the source in seconds, null while unknown

import { keyOf } from "./media_keys.js";
import { config } from "./realm.js";

/** @import { Facts } from "./types.d.ts" */

/** @type {Map<string, Facts>} */
const info = new Map();

/** @param {Record<string, Facts>} probed */
export function keepFacts(probed) {
  for (const [key, facts] of Object.entries(probed)) info.set(key, facts);
}

/**
 * @param {Element} element
 * @returns {number | null}
 */
export function durationS(element) {
  const key = keyOf(element);
  if (key === null) return null;
  return info.get(key)?.durationS ?? config.media?.[key]?.sourceDurationS ?? null;
}
