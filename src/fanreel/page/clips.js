// Clips: which element is on screen when, in every composition of this document.
//
//   clips.resolve()            reads the timing attributes if they have changed since
//   clips.seek(frame)          shows and hides; true when something changed
//   clips.all                  [{element, kind, composition, localStartS, startS, durationS,
//                               endS, startFrame, endFrame, track, offsetS, rate}]
//   clips.compositions         Map element -> {element, id, parent, zeroS, rate, startS, endS}
//   clips.axisOf(element)      {zeroMs, rate}: `local = (now - zeroMs) * rate` in the clip's time
//   clips.sourceTimeS(element) of a media clip at the clock's time; null when it is no clip
//   clips.errors, .warnings    problems (problems.js)
//

import { clock } from "./clock.js";
import * as lookups from "./lookups.js";
import { isElement } from "./nodes.js";
import * as ramps from "./ramps.js";
import { real } from "./real.js";
import * as stacking from "./stacking.js";
import * as timing from "./timing.js";

/** @import { Axis, Clip, Composition, Problem } from "./types.d.ts" */

const { TIMED, COMPOSITION, ATTRIBUTES } = timing;
const CLIP = `${TIMED}:not([data-fanreel-root])`;
const RELEVANT = `${TIMED},${COMPOSITION}`;
const HIDDEN = "data-fanreel-hidden";
const GONE = "data-fanreel-gone";
const SHOWN = "data-fanreel-shown";
const UNWANTED = "data-hidden"; // whatever its value, as in HyperFrames 0.8.170

let dirty = true;
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
let version = 0;
/** @type {WeakMap<Element, boolean>} */
const states = new WeakMap(); // element -> whether it is hidden now

function resolve() {
  noteChanges(observer.takeRecords());
  if (!dirty) return;
  dirty = false;
  version += 1;
  // A nested script may have led here, and its look-ups end at its host.
  lookups.outside(() => {
    ({ all, compositions, byElement, errors, warnings } = timing.read());
  });
}

// ---- changes of the document -----------------------------------------------------------------------
/** @param {NodeList} nodes */
const holdsTimed = (nodes) =>
  [...nodes].some(
    (node) => isElement(node) && (node.matches(RELEVANT) || node.querySelector(RELEVANT) !== null),
  );

/** @param {MutationRecord[]} records */
function noteChanges(records) {
  for (const record of records) {
    if (dirty) return;
    dirty =
      record.type === "attributes"
        ? mattersTo(/** @type {AttributeRecord} */ (record))
        : holdsTimed(record.addedNodes) || holdsTimed(record.removedNodes);
  }
}

/** @typedef {MutationRecord & {target: Element, attributeName: string}} AttributeRecord */

/** @param {AttributeRecord} record */
const mattersTo = ({ target, attributeName }) =>
  target.matches(RELEVANT) || attributeName.startsWith("data-");

const observer = new MutationObserver(noteChanges);
observer.observe(document, {
  subtree: true,
  childList: true,
  attributes: true,
  attributeFilter: ATTRIBUTES,
});

// ---- showing and hiding ------------------------------------------------------------------------------
// Attributes and rules, not inline style: what the page writes inline stays as it is, and a
// descendant that says `visibility: visible` is hidden with its clip. In its time a clip shows
// whatever the page says of its visibility: timing owns that (docs, determinism-rules). Media
// are left out there, since media.js puts its own picture in their place. A group of sounds is no
// element to see (docs, audio effects).
// A hidden clip in the flow that holds no other clip leaves it: captions of one row stand in one
// place, videos of one box on top of it (HyperFrames 0.8.170). GSAP measures what is not displayed
// by writing `display: block` for a moment, and is let.
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  `[${SHOWN}] { visibility: visible !important } ` +
    `[${HIDDEN}], [${HIDDEN}] * { visibility: hidden !important } ` +
    `[${GONE}="firm"], [${GONE}=""]:not([style*="display: block"]) { display: none !important } ` +
    "hf-audio-group { display: none !important }",
);

/** @type {WeakMap<Element, boolean>} */
let flow = new WeakMap(); // element -> whether it leaves the flow when hidden
let flowVersion = 0;

/** @param {Element} element */
function leavesFlow(element) {
  if (flowVersion !== version) flow = new WeakMap();
  flowVersion = version;
  const known = flow.get(element);
  if (known !== undefined) return known;
  const { position } = getComputedStyle(element);
  const isInFlow = position !== "absolute" && position !== "fixed";
  const leaves = isInFlow && element.querySelector(CLIP) === null;
  flow.set(element, leaves);
  return leaves;
}

// Questions come before changes: each change makes the next one a recalculation of style.
/** @param {number} frame */
function show(frame) {
  const changes = [];
  for (const { element, kind, startFrame, endFrame } of all) {
    if (kind === "audio") continue;
    const hidden = frame < startFrame || frame >= endFrame || element.hasAttribute(UNWANTED);
    if (states.get(element) === hidden) continue;
    changes.push({ element, kind, hidden, gone: hidden && leavesFlow(element) });
  }
  for (const { element, kind, hidden, gone } of changes) {
    states.set(element, hidden);
    element.toggleAttribute(HIDDEN, hidden);
    if (kind !== "video") element.toggleAttribute(SHOWN, !hidden);
    if (gone) element.setAttribute(GONE, element.style.display === "block" ? "firm" : "");
    else element.removeAttribute(GONE);
  }
  return changes.length > 0;
}

let begun = false;
/** @param {number} frame */
function seek(frame) {
  resolve();
  stacking.apply();
  if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
  // Once as at the start, whatever frame is asked for first: clips get their boxes by that.
  const changed = !begun && show(0);
  if (!begun) stacking.fillAll();
  begun = true;
  return show(frame) || changed;
}

// ---- questions ---------------------------------------------------------------------------------------
/**
 * @param {Element | null | undefined} element
 * @returns {Axis}
 */
function axisOf(element) {
  resolve();
  const timed = element?.closest?.(TIMED);
  const clip = timed && byElement.get(timed);
  const around = element?.closest?.(COMPOSITION);
  const composition = around && compositions.get(around);
  // The nearest of the two decides; a host is both, and its content runs in the inner time.
  if (clip && !compositions.has(timed) && !(composition && timed.contains(composition.element))) {
    const { zeroS, rate } = clip.owner;
    return { zeroMs: (zeroS + clip.localStartS / rate) * 1000, rate };
  }
  if (!composition) return { zeroMs: 0, rate: 1 };
  return { zeroMs: composition.zeroS * 1000, rate: composition.rate };
}

/** @param {Element} element */
function sourceTimeS(element) {
  const clip = byElement.get(element);
  if (!clip) return null;
  const { zeroS, rate } = clip.owner;
  const localS = (clock.now / 1000 - zeroS) * rate - clip.localStartS;
  const ramp = ramps.of(element);
  const passedS = ramp ? ramps.passed(ramp, localS) : Math.max(localS, 0) * clip.rate;
  return passedS + clip.offsetS;
}

const { get, set } = real.mediaCurrentTime;
Object.defineProperty(HTMLMediaElement.prototype, "currentTime", {
  ...real.mediaCurrentTime,
  get() {
    return sourceTimeS(this) ?? get.call(this);
  },
  // The renderer owns the position of media clips.
  set(value) {
    if (!byElement.has(this)) set.call(this, value);
  },
});

export const clips = {
  resolve,
  seek,
  axisOf,
  sourceTimeS,
  rootElement: timing.rootElement,
  invalidate: () => {
    dirty = true;
  },
  get all() {
    resolve();
    return all;
  },
  get compositions() {
    resolve();
    return compositions;
  },
  get errors() {
    resolve();
    return errors;
  },
  get warnings() {
    resolve();
    return warnings;
  },
  get version() {
    return version;
  },
};
