// Where a video or sound stands at the clock's time.
//
//   entryOf(element)     the plan's clip of this element, or null
//   isActive(element)    the clock stands inside its clip
//   timeS(element)       time in the source that the element shows
//   runningS(element)    the same while its clip runs, not limited; null outside any clip
//   isOver(element)      its source has ended
//   durationS(element)   length of its source; null while unknown

import { clips } from "./clips.js";
import { clock } from "./clock.js";
import { stateOf } from "./held_media.js";
import * as ramps from "./ramps.js";
import { config, isRoot } from "./realm.js";

/** @import { PlannedMedium } from "./types.d.ts" */

const { getAttribute } = Element.prototype;
const KEY = "data-fanreel-media";

/**
 * @param {Element} element
 * @returns {PlannedMedium | null}
 */
export const entryOf = (element) => {
  if (!isRoot) return null; // keys are those of the root's document
  const key = getAttribute.call(element, KEY);
  return key === null ? null : (config.media?.[key] ?? null);
};

/**
 * @param {Element} element
 * @returns {number | null}
 */
export function durationS(element) {
  return stateOf(element)?.info?.durationS ?? entryOf(element)?.sourceDurationS ?? null;
}

/** @param {Element} element */
export function isActive(element) {
  const entry = entryOf(element);
  if (!entry) return clips.sourceTimeS(element) !== null;
  // A frame that is 1/10000 of a frame late is on time, as clips.js counts.
  const slack = (0.1 * (config.fpsDen ?? 1)) / (config.fpsNum ?? 30);
  const passed = clock.now - entry.startMs;
  return passed >= -slack && passed < entry.durationMs - slack;
}

/**
 * @param {Element} element
 * @returns {number | null}
 */
export function runningS(element) {
  const entry = entryOf(element);
  if (entry?.ramp) {
    const { points, startMs, rate } = entry.ramp;
    const localS = ((Math.max(clock.now, entry.startMs) - startMs) * rate) / 1000;
    return ramps.passed(points, localS) + entry.offsetMs / 1000;
  }
  if (entry) {
    return (Math.max(clock.now - entry.startMs, 0) * entry.rate + entry.offsetMs) / 1000;
  }
  return clips.sourceTimeS(element);
}

/** @param {HTMLMediaElement} element */
export function timeS(element) {
  const time = runningS(element) ?? stateOf(element)?.position ?? 0;
  const length = durationS(element);
  if (length === null || !(length > 0)) return time;
  if (!element.loop) return Math.min(time, length);
  const from = (entryOf(element)?.offsetMs ?? 0) / 1000;
  const lap = from < length ? length - from : length;
  return time < length ? time : (from % length) + ((time - from) % lap);
}

/** @param {HTMLMediaElement} element */
export const isOver = (element) => {
  const length = durationS(element);
  return length !== null && length > 0 && !element.loop && (runningS(element) ?? 0) >= length;
};
