// What is a timeline, and how long it is: known before it is known when each composition plays.
//
//   isTimeline(value)   it has totalTime(t), seek(t) or time(t)
//   lengthS(timeline)   its seconds; null when it is endless or does not say
//   nested()            [timeline, root, host] of every nested composition that has one
//   lengthOf(element)   seconds of the timeline of a composition's element; null if none
//   reportOnce(timeline, error)   an error of a timeline, which most likely comes with every frame

import { instances, timelineOf } from "./instances.js";
import { report } from "./realm.js";

// GSAP reports an endless timeline as 1e8 s or more.
const ENDLESS_S = 1e6;

/** @param {any} value */
export const isTimeline = (value) =>
  value !== null &&
  (typeof value === "object" || typeof value === "function") &&
  [value.totalTime, value.seek, value.time].some((method) => typeof method === "function");

const broken = new WeakSet();
/**
 * @param {object} timeline
 * @param {unknown} error
 */
export function reportOnce(timeline, error) {
  if (!broken.has(timeline)) report(error);
  broken.add(timeline);
}

/** @param {any} timeline */
export function lengthS(timeline) {
  /** @type {unknown} */
  let value = null;
  try {
    const read = timeline.totalDuration ?? timeline.duration;
    value = typeof read === "function" ? read.call(timeline) : read;
  } catch (error) {
    reportOnce(timeline, error);
  }
  return typeof value === "number" && value >= 0 && value < ENDLESS_S ? value : null;
}

/** @returns {Generator<[timeline: any, root: HTMLElement, host: HTMLElement]>} */
export function* nested() {
  for (const instance of instances()) {
    const timeline = timelineOf(instance);
    if (isTimeline(timeline)) yield [timeline, instance.root, instance.host];
  }
}

// Asked while clips are being resolved, so it must not ask for them.
/** @param {Element} element */
export function lengthOf(element) {
  for (const [timeline, root, host] of nested()) {
    if (root === element || host === element) return lengthS(timeline);
  }
  const id = element.getAttribute("data-composition-id");
  const timeline = id === null ? undefined : globalThis.__timelines?.[id];
  return isTimeline(timeline) ? lengthS(timeline) : null;
}
