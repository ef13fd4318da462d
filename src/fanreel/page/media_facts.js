// What the planner has probed of media.
//
//   keepFacts({key: {durationS, width, height}})
//   durationS(element)   length of the source in seconds, null while unknown

import { keyOf } from "./media_keys.js";
import { config } from "./realm.js";

const info = new Map();

export function keepFacts(probed) {
  for (const [key, facts] of Object.entries(probed)) info.set(key, facts);
}

export function durationS(element) {
  const key = keyOf(element);
  return info.get(key)?.durationS ?? config.media?.[key]?.sourceDurationS ?? null;
}
