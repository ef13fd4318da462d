// What a page may ask of an animation, and the events it hears: answered in virtual time.
//
// What it is, is in motion.js; here it is put in the place of the browser's own.

import { adopt, forget, knowShadow, motionOf, take } from "./animations.js";
import { hearIterations, Motion } from "./motion.js";

const { native } = Motion;

/** @typedef {"play" | "pause" | "finish" | "reverse" | "updatePlaybackRate" | "cancel"} MethodName */

/**
 * @param {MethodName} name
 * @param {(motion: Motion, ...args: unknown[]) => unknown} run
 */
function method(name, run) {
  /** @type {Function} */
  const value = native[name].value;
  Object.defineProperty(Animation.prototype, name, {
    ...native[name],
    value: {
      /**
       * @this {Animation}
       * @param {unknown[]} args
       */
      [name](...args) {
        const motion = motionOf(this) ?? (name === "cancel" ? null : adoptByCall(this));
        if (!motion) return value.apply(this, args);
        motion.byScript = true;
        return run(motion, ...args);
      },
    }[name],
  });
}

// An animation made with `new Animation()` becomes ours when it is first played.
/** @param {Animation} animation */
function adoptByCall(animation) {
  const timeline = native.timeline.get.call(animation);
  if (!(timeline instanceof DocumentTimeline)) return null;
  const wasIdle = native.playState.get.call(animation) === "idle";
  if (wasIdle) native.play.value.call(animation);
  const motion = take(animation);
  if (motion && wasIdle) motion.idle = true;
  return motion;
}

/**
 * @param {Exclude<keyof Animation, MethodName>} name
 * @param {(motion: Motion) => unknown} get
 * @param {(motion: Motion, value: unknown) => void} [set]
 */
function property(name, get, set) {
  const known = /** @type {import("./types.d.ts").Accessor<unknown>} */ (native[name]);
  const { get: nativeGet, set: nativeSet } = known;
  /** @type {PropertyDescriptor} */
  const descriptor = { ...known };
  /** @this {Animation} */
  descriptor.get = function read() {
    const motion = motionOf(this);
    return motion ? get(motion) : nativeGet.call(this);
  };
  if (set) {
    /** @this {Animation} */
    descriptor.set = function write(value) {
      const motion = motionOf(this);
      if (motion) set(motion, value);
      else nativeSet.call(this, value);
    };
  }
  Object.defineProperty(Animation.prototype, name, descriptor);
}

method("play", (motion) => motion.play());
method("pause", (motion) => motion.pause());
method("finish", (motion) => motion.finish());
method("reverse", (motion) => motion.reverse());
method("updatePlaybackRate", (motion, rate) => motion.setRate(Number(rate)));
method("cancel", (motion) => {
  motion.cancel();
  forget(motion.animation);
});
property(
  "currentTime",
  (motion) => motion.shownTime(),
  (motion, time) => {
    motion.byScript = true;
    if (time === null) motion.cancel();
    else motion.setTime(Number(time));
  },
);
property(
  "startTime",
  (motion) => motion.startTime,
  (motion, time) => {
    motion.startTime = time === null ? null : Number(time);
  },
);
property(
  "playbackRate",
  (motion) => motion.playbackRate,
  (motion, rate) => motion.setRate(Number(rate)),
);
property("playState", (motion) => motion.playState());
property("pending", () => false);
property("finished", (motion) => motion.finished);
property("ready", (motion) => Promise.resolve(motion.animation));

const { animate, attachShadow } = Element.prototype;
Element.prototype.animate = function animateInFrameTime(...args) {
  const animation = animate.apply(this, args);
  if (native.playState.get.call(animation) !== "idle") take(animation);
  return animation;
};
Element.prototype.attachShadow = function attachShadowKnown(...args) {
  const root = attachShadow.apply(this, args);
  knowShadow(root);
  return root;
};

// An endless animation begins its next round for ever: only planned when somebody listens.
const { addEventListener } = EventTarget.prototype;
EventTarget.prototype.addEventListener = function addEventListenerNoted(type, ...rest) {
  if (type === "animationiteration") hearIterations();
  return addEventListener.call(this ?? globalThis, type, ...rest);
};

// The browser's own events come by the wall clock. They tell us of what began unseen; the page
// gets the events of virtual time instead.
for (const name of ["start", "iteration", "end"]) onNative(`animation${name}`);
for (const name of ["run", "start", "end"]) onNative(`transition${name}`);

/** @param {string} type */
function onNative(type) {
  const hear = (/** @type {Event} */ event) => {
    if (!event.isTrusted) return;
    event.stopImmediatePropagation();
    adopt();
  };
  addEventListener.call(window, type, hear, { capture: true });
}
