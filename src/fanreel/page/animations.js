// CSS animations, CSS transitions, Web Animations and SMIL, driven by the frame's time.
//
//   begin()       the page has loaded: takes what there is
//   start()       from here on time moves
//   show()        lets every known animation show the clock's time
//   adopt()       takes over those that are new; they start at the clock's time
//   seek()        adopt and show, and SMIL
//   durationS()   end of the last finite one, in seconds of the root; null if none
//   count()       how many are known
//   motionOf, take, forget, knowShadow   for animation_api.js
//
// When they start (HyperFrames docs, adapters/css-animations and adapters/waapi):
// - A CSS animation that style asks for when the page has loaded runs in the time of the clip
//   around it, from that clip's start, also where `display: none` or `animation-play-state` hold
//   it back at first.
// - A Web Animation or transition of the loading page runs from the start of the root.
// - A Web Animation that the loading page paused is driven all the same, from the time it was
//   paused at; and one that it gave a playback rate goes with the frame's time too (as measured on
//   HyperFrames 0.8.170), unless it runs backwards.
// - One that is made later, by a timer or a timeline, starts at the time it was made; one that is
//   paused later stays paused.

import { clips } from "./clips.js";
import { clock } from "./clock.js";
import * as edges from "./edges.js";
import * as letters from "./letters.js";
import { effectOf, Motion } from "./motion.js";
import { isElement } from "./nodes.js";
import * as openings from "./openings.js";
import { real } from "./real.js";
import * as timing from "./timing.js";
import * as wallclock from "./wallclock.js";

const { native } = Motion;
/** @type {Map<Animation, Motion>} */
const motions = new Map();
/** @type {Set<WeakRef<ShadowRoot>>} */
const shadowRoots = new Set();
/** @type {WeakMap<Motion, CSSStyleDeclaration>} */
const styles = new WeakMap();

// ---- finding ---------------------------------------------------------------------------------
function* liveShadowRoots() {
  for (const reference of shadowRoots) {
    const root = reference.deref();
    if (!root) shadowRoots.delete(reference);
    else if (root.host.isConnected) yield root;
  }
}

function* found() {
  yield* real.getAnimations.call(document);
  for (const root of liveShadowRoots()) yield* root.getAnimations();
}

/** @param {Animation} animation */
function kindOf(animation) {
  if (animation instanceof CSSAnimation) return "css";
  return animation instanceof CSSTransition ? "transition" : "script";
}

/** @param {Animation} animation */
function take(animation) {
  const timeline = native.timeline.get.call(animation);
  if (!(timeline instanceof DocumentTimeline)) return null; // scroll-driven: no clock in it
  const kind = kindOf(animation);
  const effect = effectOf(animation);
  const fromLoad =
    clock.loading || (animation instanceof CSSAnimation && isPromised(effect, animation));
  const motion = new Motion(animation, {
    kind,
    axis: fromLoad && kind === "css" ? () => clips.axisOf(effect?.target) : null,
    startLocal: fromLoad ? 0 : undefined,
  });
  motions.set(animation, motion);
  edges.note(motion.target);
  openings.note(effect);
  motion.plan();
  return motion;
}

// Questions come before changes: each change makes the next question about style a
// recalculation.
function adopt() {
  /** @type {[Animation, AnimationPlayState][]} */
  const fresh = [];
  for (const animation of found()) {
    if (!motions.has(animation)) fresh.push([animation, native.playState.get.call(animation)]);
  }
  for (const [animation, state] of fresh) {
    if (state === "idle") continue;
    const motion = take(animation);
    if (state === "paused" && motion?.kind === "script") motion.pause();
  }
  followPlayState();
}

// Elements that get their animations later, when they are displayed: element -> pseudo -> names.
/** @type {WeakMap<Element, Map<string, Set<string>>>} */
const promised = new WeakMap();

/**
 * @param {KeyframeEffect | null} effect
 * @param {CSSAnimation} animation
 */
function isPromised(effect, { animationName }) {
  const names = effect?.target && promised.get(effect.target)?.get(effect.pseudoElement ?? "");
  return names?.has(animationName) === true;
}

// Pseudo-elements only where a clip may leave the flow: each question costs.
/** @param {Element} element */
function promise(element) {
  const pseudos = element.closest(timing.TIMED) ? ["", "::before", "::after"] : [""];
  for (const pseudo of pseudos) {
    const names = getComputedStyle(element, pseudo).animationName;
    if (names === "none") continue;
    const known = promised.get(element) ?? new Map();
    promised.set(element, known.set(pseudo, new Set(names.split(", "))));
  }
}

function begin() {
  wallclock.apply();
  edges.apply();
  openings.apply([document, ...liveShadowRoots()]);
  letters.apply();
  adopt();
  for (const element of document.querySelectorAll("body *")) promise(element);
  for (const motion of motions.values()) {
    if (motion.kind === "css") motion.stylePaused = isPausedByStyle(motion);
    if (motion.kind !== "script") continue;
    if (motion.rate >= 0) motion.driveEvenly();
    else motion.unhold();
  }
}

function start() {
  for (const motion of motions.values()) motion.changed();
}

// `animation-play-state` is the one thing style sheets change on a running animation.
function followPlayState() {
  if (clock.loading) return;
  for (const motion of motions.values()) {
    if (motion.kind !== "css" || motion.byScript || motion.idle) continue;
    const paused = isPausedByStyle(motion);
    if (paused === motion.stylePaused) continue;
    motion.stylePaused = paused;
    if (paused) motion.pause();
    else if (motion.hold !== null) motion.play();
  }
}

/** @param {Motion} motion */
function isPausedByStyle(motion) {
  const effect = effectOf(motion.animation);
  if (!effect?.target) return false;
  const { target } = effect;
  let style = styles.get(motion);
  if (!style) {
    style = getComputedStyle(target, effect.pseudoElement);
    styles.set(motion, style);
  }
  const states = style.animationPlayState;
  if (!states.includes("paused")) return false;
  const list = states.split(", ");
  const at = style.animationName
    .split(", ")
    .indexOf(/** @type {CSSAnimation} */ (motion.animation).animationName);
  return at >= 0 && list[at % list.length] === "paused";
}

// ---- showing ---------------------------------------------------------------------------------
// Here too, questions come before changes.
function show() {
  /** @type {[Motion, number][]} */
  const writes = [];
  for (const [animation, motion] of motions) {
    if (motion.kind !== "script" && motion.isCancelled()) {
      motion.unschedule();
      motions.delete(animation);
      continue;
    }
    if (motion.idle) continue;
    const due = motion.due();
    if (due !== null) writes.push([motion, due]);
  }
  for (const [motion, due] of writes) motion.write(due);
}

const moving = ["animate", "animateTransform", "animateMotion", "set"].map((name) =>
  document.getElementsByTagName(name),
);

function showSmil() {
  if (moving.every((list) => list.length === 0)) return;
  for (const svg of document.getElementsByTagName("svg")) {
    if (svg.ownerSVGElement) continue;
    svg.pauseAnimations();
    svg.setCurrentTime(clock.now / 1000);
  }
}

function seek() {
  adopt();
  show();
  showSmil();
}

// A clip that appears or disappears changes `visibility`, which `transition: all` would delay;
// `display` as well where discrete values take part.
function dropVisibilityTransitions() {
  for (const animation of found()) {
    if (motions.has(animation) || !(animation instanceof CSSTransition)) continue;
    if (/^(visibility|display)$/.test(animation.transitionProperty))
      native.cancel.value.call(animation);
  }
}

// ---- between the page's tasks of one seek ------------------------------------------------------
const watcher = new MutationObserver(noteChanges);
let dirty = false;

/** @param {MutationRecord[]} records */
function noteChanges(records) {
  for (const record of records) {
    dirty ||= record.type === "attributes" || hasElement(record.addedNodes);
  }
}

/** @param {boolean} on */
function watchTasks(on) {
  if (on) watcher.observe(document, { subtree: true, childList: true, attributes: true });
  else watcher.disconnect();
}

// A transition begins at what is shown, which may be another transition on its way.
function beforeTask() {
  for (const motion of motions.values()) {
    const due = motion.kind === "transition" && !motion.isCancelled() ? motion.due() : null;
    if (due !== null) motion.write(due);
  }
}

// What a task started has started at that task's time. Asking for it recalculates style, so
// tasks that only wrote text are passed over.
function afterTask() {
  noteChanges(watcher.takeRecords());
  if (!dirty) return;
  dirty = false;
  adopt();
}

/** @param {NodeList} nodes */
const hasElement = (nodes) => [...nodes].some(isElement);

// While the page loads nothing may run ahead: new animations are caught before they are drawn.
function guardLoading() {
  if (!clock.loading) return;
  adopt();
  real.requestAnimationFrame(guardLoading);
}
real.requestAnimationFrame(guardLoading);

function durationS() {
  /** @type {number | null} */
  let end = null;
  for (const motion of motions.values()) {
    const { endTime } = motion.timing();
    if (motion.kind === "transition" || !Number.isFinite(endTime) || motion.rate <= 0) continue;
    const dueMs = motion.hold === null ? motion.dueAt(endTime) : endTime;
    end = Math.max(end ?? 0, dueMs / 1000);
  }
  return end;
}

/** @param {Animation} animation */
export const motionOf = (animation) => motions.get(animation);

/** @param {Animation} animation */
export const forget = (animation) => motions.delete(animation);

/** @param {ShadowRoot} root */
export const knowShadow = (root) => shadowRoots.add(new WeakRef(root));

export const count = () => motions.size;

export {
  adopt,
  afterTask,
  beforeTask,
  begin,
  dropVisibilityTransitions,
  durationS,
  liveShadowRoots as shadowRoots,
  seek,
  show,
  start,
  take,
  watchTasks,
};
