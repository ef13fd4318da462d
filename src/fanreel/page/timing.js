// Timing attributes: when every clip and composition of the document starts and ends.
//
//   read()            {all, compositions, byElement, errors, warnings}, see clips.js
//   TIMED, .COMPOSITION, .ATTRIBUTES, .rootElement()
//
// Times are resolved once into the root's time and there into frames: a clip shows in frames
// [startFrame, endFrame), integers, so no rounding happens while seeking. A boundary less than
// 1/10000 of a frame late counts as on the frame, which makes 0.1 + 0.2 equal to 0.3.

import { durationS } from "./media_facts.js";
import { nameOf } from "./naming.js";
import { naming, problem } from "./problems.js";
import * as ramps from "./ramps.js";
import { config } from "./realm.js";
import { lengthOf } from "./timeline_lengths.js";

/** @import { Clip, ClipKind, Composition, Problem } from "./types.d.ts" */

const EPSILON_FRAMES = 1e-4;
const IMAGE_S = 3; // docs, tracks-and-clips: an image without data-duration
const fps = (config.fpsNum ?? 30) / (config.fpsDen ?? 1);
const TIMED = "[data-start]";
const COMPOSITION = "[data-composition-id],[data-composition-src]";
const ATTRIBUTES = (
  "id src loop data-start data-duration data-end data-playback-rate data-playback-start " +
  "data-media-start data-automation data-composition-id data-composition-src data-track-index " +
  "data-layer"
).split(" ");
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
// An id holds no `+`, but many hold a `-`, which therefore has a space before it.
const REFERENCE = /^(.+?)(?:\s*(\+)|\s+(-))\s*(\d+\.?\d*|\.\d+)$/;

// Of the reading that is under way.
/** @type {Clip[]} */
let all = [];
/** @type {Map<Element | null, Composition>} */
let compositions = new Map();
/** @type {Map<Element, Clip>} */
let byElement = new Map();
/** @type {Problem[]} */
let errors = [];
/** @type {Problem[]} */
let warnings = [];

// ---- attributes --------------------------------------------------------------------------------
/**
 * @param {string} rule
 * @param {Element} element
 * @param {string} message
 */
function fail(rule, element, message) {
  errors.push(problem(rule, element, message));
}

// A number of seconds, or *fallback* when absent; anything else is an error.
/**
 * @template {number | null} Absent
 * @param {Element} element
 * @param {string} name
 * @param {Absent} fallback
 * @param {{least?: number, above?: number}} [limits]
 */
function seconds(element, name, fallback, { least = -Infinity, above = -Infinity } = {}) {
  const text = element.getAttribute(name)?.trim();
  if (text === undefined || text === "") return fallback;
  const value = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value) && value >= least && value > above) return value;
  const limit = above > -Infinity ? ` above ${above}` : "";
  fail("bad-time", element, `${name}="${text}" must be a number of seconds${limit}`);
  return fallback;
}

/** @type {Record<string, ClipKind>} */
const KINDS = { video: "video", audio: "audio", img: "image" };

/** @param {Element} element */
function kindOf(element) {
  if (compositions.has(element)) return "composition";
  return KINDS[element.localName] ?? "element";
}

/** @param {Element} element */
function playbackRate(element) {
  const text = element.getAttribute("data-playback-rate")?.trim();
  if (!text) return 1;
  const rate = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (rate >= 0.1 && rate <= 10) return rate;
  fail("bad-rate", element, `data-playback-rate="${text}" must be a number from 0.1 to 10`);
  return 1;
}

/** @param {Element} element */
function offset(element) {
  const name = element.hasAttribute("data-playback-start")
    ? "data-playback-start"
    : "data-media-start";
  return seconds(element, name, 0, { least: 0 });
}

// ---- reading the document ------------------------------------------------------------------------
/** @returns {HTMLElement | null} */
const rootElement = () => document.querySelector("[data-composition-id]");

// The root of a mounted file is the same composition as its host.
/** @param {Element} element */
const isMountedRoot = (element) => element.hasAttribute("data-fanreel-root");

/**
 * @param {Element} element
 * @param {Composition} root
 */
function ownerOf(element, root) {
  const around = element.parentElement?.closest(COMPOSITION);
  return (around && compositions.get(around)) ?? root;
}

function collect() {
  compositions = new Map();
  byElement = new Map();
  errors = [];
  warnings = [];
  all = [];
  const rootNode = rootElement();
  const id = rootNode?.getAttribute("data-composition-id") ?? null;
  const start = { zeroS: 0, rate: 1, startS: 0, endS: Infinity };
  /** @type {Composition} */
  const root = { element: rootNode, id, parent: null, ...start };
  compositions.set(rootNode, root);
  /** @type {NodeListOf<HTMLElement>} */
  const elements = document.querySelectorAll(`${TIMED},${COMPOSITION}`);
  for (const element of elements) {
    if (element === rootNode) continue;
    const owner = ownerOf(element, root);
    if (element.matches(COMPOSITION)) {
      const inner = element.getAttribute("data-composition-id");
      const known = { element, id: inner, parent: owner };
      compositions.set(element, /** @type {Composition} */ (known)); // place() adds its time
    }
    if (element.hasAttribute("data-start") && !isMountedRoot(element)) {
      const known = { element, owner, kind: kindOf(element) };
      const clip = /** @type {Clip} */ (known); // settle() adds its times
      byElement.set(element, clip);
      all.push(clip);
    }
  }
}

// ---- resolving -----------------------------------------------------------------------------------
/** @param {HTMLElement} element */
function compositionDurationS(element) {
  const inner = element.querySelector(":scope [data-fanreel-root]");
  const own = inner && seconds(inner, "data-duration", null, { above: 0 });
  const length = own ?? lengthOf(element);
  return length === null ? null : (length - offset(element)) / playbackRate(element);
}

/** @param {HTMLMediaElement} element */
function mediaDurationS(element) {
  if (element.loop) return null;
  const known = durationS(element) ?? element.duration;
  if (!Number.isFinite(known)) return null;
  const left = Math.max(known - offset(element), 0);
  const ramp = ramps.of(element);
  return ramp ? ramps.reached(ramp, left) : left / playbackRate(element);
}

/**
 * @param {Clip} clip
 * @returns {number | null}
 */
function durationOf(clip) {
  if (clip.durationS !== undefined) return clip.durationS;
  const { element, kind } = clip;
  let length = seconds(element, "data-duration", null, { above: 0 });
  const end = seconds(element, "data-end", null);
  if (length === null && end !== null) length = end - startOf(clip); // the format's old name
  if (length === null && kind === "composition") length = compositionDurationS(element);
  if (length === null && (kind === "video" || kind === "audio"))
    length = mediaDurationS(/** @type {HTMLMediaElement} */ (element));
  if (length === null && kind === "image") length = IMAGE_S;
  clip.durationS = length;
  return length;
}

/**
 * @param {string} id
 * @param {Composition} owner
 */
function find(id, owner) {
  const matches = (/** @type {Clip} */ clip) =>
    clip.element.id === id || compositions.get(clip.element)?.id === id;
  return all.find((clip) => clip.owner === owner && matches(clip));
}

/**
 * @param {Clip} clip
 * @param {string} id
 */
function reference(clip, id) {
  const target = find(id, clip.owner);
  if (target) {
    const length = durationOf(target);
    if (length !== null) return startOf(target) + length;
    fail(
      "unknown-length",
      clip.element,
      `data-start refers to "${id}", whose duration is not known`,
    );
  } else if (all.some((other) => find(id, other.owner))) {
    fail(
      "unknown-reference",
      clip.element,
      `data-start refers to "${id}", which is in another composition`,
    );
  } else {
    const hint = id.includes("-") ? "; write a space before a - that takes seconds away" : "";
    fail(
      "unknown-reference",
      clip.element,
      `data-start refers to "${id}", which is no clip of this composition${hint}`,
    );
  }
  return 0;
}

// Start in the time of the clip's composition.
/**
 * @param {Clip} clip
 * @returns {number}
 */
function startOf(clip) {
  if (clip.localStartS !== undefined) return clip.localStartS;
  const text = clip.element.getAttribute("data-start")?.trim() ?? "";
  if (clip.resolving) {
    fail("circular-start", clip.element, `data-start="${text}" depends on itself`);
    return 0;
  }
  clip.resolving = true;
  let start = 0;
  if (NUMBER.test(text)) {
    start = Number(text);
  } else if (text === "" || /^[+-]?(nan|infinity)$/i.test(text)) {
    fail(
      "bad-time",
      clip.element,
      `data-start="${text}" must be a number of seconds or the id of a clip`,
    );
  } else if (find(text, clip.owner)) {
    start = reference(clip, text);
  } else {
    const [, id, , minus, amount] = REFERENCE.exec(text) ?? [null, text, "+", "", "0"];
    start = reference(clip, id) + (minus ? -1 : 1) * Number(amount);
  }
  clip.resolving = false;
  clip.localStartS ??= start;
  return clip.localStartS;
}

// Local time is `(t - zeroS) * rate`, over all levels.
/** @param {Composition} composition */
function place(composition) {
  const { element, parent } = composition;
  if (composition.zeroS !== undefined || !element || !parent) return composition;
  place(parent);
  if (isMountedRoot(element)) {
    composition.zeroS = parent.zeroS;
    composition.rate = parent.rate;
    return composition;
  }
  const clip = byElement.get(element);
  const start = clip ? startOf(clip) : 0;
  const rate = playbackRate(element);
  composition.rate = parent.rate * rate;
  composition.zeroS = parent.zeroS + (start - offset(element) / rate) / parent.rate;
  return composition;
}

/** @param {number} value */
const tidy = (value) => Math.round(value * 1e9) / 1e9;
/** @param {number} value */
const frameAt = (value) => Math.ceil(value * fps - EPSILON_FRAMES);

/** @param {Clip} clip */
function settle(clip) {
  const owner = place(clip.owner);
  const start = startOf(clip);
  const length = durationOf(clip);
  clip.composition = owner.id;
  clip.startS = tidy(owner.zeroS + start / owner.rate);
  clip.durationS = length === null ? null : tidy(length / owner.rate);
  clip.endS = length === null ? Infinity : tidy(owner.zeroS + (start + length) / owner.rate);
  clip.startFrame = frameAt(clip.startS);
  clip.endFrame = length === null ? Infinity : frameAt(clip.endS);
  clip.track = trackOf(clip.element);
  clip.rate = playbackRate(clip.element);
  clip.offsetS = offset(clip.element);
}

/** @param {Element} element */
function trackOf(element) {
  const text = element.getAttribute("data-track-index") ?? element.getAttribute("data-layer");
  return text === null || !Number.isFinite(Number(text)) ? null : Number(text);
}

function compareTracks() {
  /** @type {Map<Composition, Map<number, Clip[]>>} */
  const tracks = new Map();
  for (const clip of all) {
    if (clip.track === null) continue;
    const known = tracks.get(clip.owner) ?? new Map();
    tracks.set(clip.owner, known);
    const others = known.get(clip.track) ?? [];
    known.set(clip.track, others);
    for (const other of others) {
      if (clip.startFrame < other.endFrame && other.startFrame < clip.endFrame) {
        const text =
          `${nameOf(other.element)} and ${nameOf(clip.element)} overlap on track ` +
          `${clip.track} of composition "${clip.composition}"`;
        warnings.push(naming("track-overlap", clip.element, text));
      }
    }
    others.push(clip);
  }
}

function read() {
  collect();
  for (const composition of compositions.values()) place(composition);
  for (const clip of all) settle(clip);
  for (const composition of compositions.values()) {
    const clip = composition.element && byElement.get(composition.element);
    composition.startS = clip?.startS ?? composition.parent?.startS ?? 0;
    composition.endS = clip?.endS ?? composition.parent?.endS ?? Infinity;
  }
  compareTracks();
  return { all, compositions, byElement, errors, warnings };
}

export { ATTRIBUTES, COMPOSITION, read, rootElement, TIMED };
