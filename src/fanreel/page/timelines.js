// Registered timelines: `window.__timelines[id]`, seeked in the local time of their composition.
//
//   seek()                     puts every timeline to the clock's time
//   redraw()                   lets what they draw in their callbacks be drawn once more
//   names()                    ids that have a timeline
//   durationS()                end of the last finite one, in seconds of the root; null if none
//
// A timeline is anything with totalTime(t), seek(t) or time(t), and duration(). GSAP's totalTime(t)
// comes first (HyperFrames docs, concepts/frame-adapters): it lets callbacks run.
//
// GSAP takes a tween's starting values when the playhead first reaches it. A jump over several
// tweens of one property would take them from a different picture than stepping does. So on its
// way forward a timeline stops at the start of each of its tweens, in one order with timers, and
// what a callback starts there has started at that very time.

/** @import { Composition } from "./types.d.ts" */

import { clips } from "./clips.js";
import { clock } from "./clock.js";
import { owners } from "./instances.js";
import { isTimeline, lengthS, nested, reportOnce } from "./timeline_lengths.js";

/**
 * @typedef {object} Bound A timeline that plays in a composition.
 * @property {any} timeline
 * @property {Composition} composition
 * @property {number | null} shownS Where it stands.
 * @property {number[] | null} stops Where its tweens start.
 * @property {unknown} recent Its newest child when *stops* was read, and its length then.
 * @property {number} [length]
 */

/** @type {Record<string, any>} */
const page = globalThis;
/** @type {Map<any, Bound>} */
const bound = new Map();
/** @type {Bound[]} */
let order = [];

globalThis.__timelines ??= {};
// The docs' call after a late registration; every seek looks anyway.
page.__hfForceTimelineRebind ??= () => clips.invalidate();

// ---- which timeline plays which composition ----------------------------------------------------
function pairs() {
  /** @type {Map<any, any>} */
  const inner = new Map();
  const { compositions } = clips;
  for (const [timeline, root, host] of nested()) {
    inner.set(timeline, compositions.get(root) ?? compositions.get(host));
  }
  const own = Object.entries(globalThis.__timelines ?? {}).filter(
    ([, timeline]) => isTimeline(timeline) && !owners.has(timeline),
  );
  const byId = new Map();
  for (const composition of compositions.values()) {
    if (!byId.has(composition.id)) byId.set(composition.id, composition);
  }
  const [root] = compositions.values();
  const found = new Map();
  for (const [id, timeline] of own) {
    if (inner.has(timeline)) continue;
    // The only timeline of a page plays the root whatever its key (docs, determinism-rules).
    const composition = byId.get(id) ?? (own.length === 1 ? root : null);
    if (composition) found.set(timeline, composition);
  }
  // Outer ones first: where both move an element, the inner one decides, as in the reference.
  return new Map([...found, ...inner]);
}

function bind() {
  const found = pairs();
  let changed = found.size !== bound.size;
  for (const [timeline, composition] of found) {
    const known = bound.get(timeline);
    if (known) {
      known.composition = composition;
      continue;
    }
    changed = true;
    bound.set(timeline, { timeline, composition, shownS: null, stops: null, recent: null });
    if (typeof timeline.paused === "function" && !timeline.paused()) timeline.pause?.();
    // Tweens at its start take their starting values now, whatever frame is asked for first:
    // another timeline may move the same elements before this one's host begins.
    if (typeof timeline.getChildren === "function") takeStartingValues(timeline, composition);
  }
  for (const timeline of bound.keys()) if (!found.has(timeline)) bound.delete(timeline);
  if (!changed) return;
  order = [...found.keys()].map((timeline) => /** @type {Bound} */ (bound.get(timeline)));
  clips.invalidate(); // a clip's length may be that of its timeline
}

// ---- seeking -----------------------------------------------------------------------------------
/** @param {Bound} item */
function localS({ timeline, composition }) {
  const { zeroS, rate, endS } = composition;
  const untilS = Math.min(clock.now / 1000, endS);
  const local = Math.max((untilS - zeroS) * rate, 0);
  const length = lengthS(timeline);
  return length === null ? local : Math.min(local, length);
}

/**
 * @param {Bound} item
 * @param {number} seconds
 */
function put(item, seconds) {
  if (item.shownS === seconds) return;
  const { timeline } = item;
  item.shownS = seconds;
  try {
    if (typeof timeline.totalTime === "function") timeline.totalTime(seconds, false);
    else if (typeof timeline.seek === "function") timeline.seek(seconds, false);
    else timeline.time(seconds);
  } catch (error) {
    reportOnce(timeline, error);
  }
}

function seek() {
  bind();
  for (const item of order) put(item, localS(item));
}

// What timelines draw is drawn once more; GSAP would pass over a time where it stands already.
function redraw() {
  for (const item of order) {
    const { timeline } = item;
    item.shownS = null;
    put(item, localS(item));
    const tweens = timeline.getChildren?.(true, true, true) ?? [];
    for (const tween of [timeline, ...tweens]) {
      const { onUpdate, onUpdateParams, callbackScope } = tween.vars ?? {};
      if (typeof onUpdate !== "function" || !(tween === timeline || tween.isActive())) continue;
      try {
        onUpdate.apply(callbackScope ?? tween, onUpdateParams ?? []);
      } catch (error) {
        reportOnce(timeline, error);
      }
    }
  }
}

// Only tweens that begin with the timeline: a forced render of the whole would take back what
// from() and fromTo() further on have already set, such as the opacity 0 of a later entrance.
// Its onUpdate runs, as it does when time comes back to 0: what it writes belongs to frame 0 too.
// So does what set() and call() do there; GSAP itself leaves them out, since 0 is where it stands.
/**
 * @param {any} timeline
 * @param {Composition} composition
 */
function takeStartingValues(timeline, composition) {
  const begun = composition.zeroS <= clock.now / 1000;
  for (const tween of timeline.getChildren(true, true, false)) {
    if (startOf(tween, timeline) !== 0 || (isCall(tween) && !begun)) continue;
    try {
      tween.render(0, false, true);
    } catch (error) {
      reportOnce(timeline, error);
    }
  }
}

/** @param {any} tween */
const isCall = (tween) => typeof tween.targets?.()[0] === "function";

// ---- stops ---------------------------------------------------------------------------------------
/** @param {any} timeline */
function startsOf(timeline) {
  const starts = new Set([0]);
  for (const tween of timeline.getChildren(true, true, false)) {
    const at = startOf(tween, timeline);
    if (Number.isFinite(at)) starts.add(Math.max(at, 0));
  }
  return [...starts].sort((a, b) => a - b);
}

/**
 * @param {any} tween
 * @param {any} timeline
 * @returns {number}
 */
function startOf(tween, timeline) {
  let at = tween.startTime();
  for (let parent = tween.parent; parent && parent !== timeline; parent = parent.parent) {
    at = parent.startTime() + at / (parent.timeScale() || 1);
  }
  return at;
}

/**
 * @param {Bound} item
 * @returns {number[]}
 */
function stopsOf(item) {
  const { timeline } = item;
  if (typeof timeline.getChildren !== "function") return [];
  const recent = timeline.recent?.();
  const length = timeline.totalDuration();
  if (item.stops === null || item.recent !== recent || item.length !== length) {
    item.stops = startsOf(timeline);
    item.recent = recent;
    item.length = length;
  }
  return item.stops;
}

// First stop in the timeline's seconds above *seconds*; a binary search, since it is asked for
// every frame.
/**
 * @param {number[]} stops
 * @param {number} seconds
 * @returns {number | undefined}
 */
function stopAfter(stops, seconds) {
  let low = 0;
  let high = stops.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stops[middle] > seconds) high = middle;
    else low = middle + 1;
  }
  return stops[low];
}

/** @type {{item: Bound, stop: number} | null} */
let next = null;
const source = {
  /**
   * @param {number} nowMs
   * @param {number} limitMs
   */
  next(nowMs, limitMs) {
    /** @type {number | null} */
    let due = null;
    bind();
    for (const item of order) {
      const { zeroS, rate, endS } = item.composition;
      const stop = stopAfter(stopsOf(item), item.shownS ?? -1);
      if (stop === undefined) continue;
      const atS = zeroS + stop / rate;
      const at = Math.max(atS * 1000, nowMs);
      // The limit itself is left to the seek that follows.
      if (atS > endS || at >= (due ?? limitMs)) continue;
      due = at;
      next = { item, stop };
    }
    return due;
  },
  run() {
    if (next) put(next.item, next.stop);
  },
};
clock.sources.push(source);

// ---- questions -----------------------------------------------------------------------------------
function durationS() {
  bind();
  /** @type {number | null} */
  let end = null;
  for (const { timeline, composition } of order) {
    const length = lengthS(timeline);
    if (length === null || length === 0) continue;
    const at = composition.zeroS + length / composition.rate;
    end = Math.max(end ?? 0, Math.min(at, composition.endS));
  }
  return end;
}

function names() {
  bind();
  return order.map((item) => item.composition.id);
}

export { bind, durationS, names, redraw, seek };
