// One animation of the page (CSS animation, CSS transition or Web Animation) in virtual time.
//
//   new Motion(animation, {kind, axis, startLocal})
//
// The browser's animation stays paused for ever and only shows the time written to it; what the
// page asks of it (play, pause, currentTime, finished, ...) is answered from here, by the rules of
// the Web Animations standard.
//
// *axis* maps frame time to the animation's own: `local = (now - axis.zeroMs) * axis.rate`. It is
// asked anew each time, since clips may move.

import { clock } from "./clock.js";

/** @import { Axis, Natives } from "./types.d.ts" */
/** @typedef {"css" | "transition" | "script"} MotionKind */
/** @typedef {(time: number, run: () => void) => void} Planner */

/** @type {Natives<Animation>} */
const native = /** @type {any} */ (Object.getOwnPropertyDescriptors(Animation.prototype));
/**
 * @param {Animation} animation
 * @returns {KeyframeEffect | null}
 */
export const effectOf = (animation) => /** @type {any} */ (native.effect.get.call(animation));

const NO_TIME = { delay: 0, duration: 0, activeDuration: 0, endTime: 0 };
// A time of the page and back again may come out a bit below what it was.
const ROUNDING_MS = 1e-6;
const ROOT_AXIS = { zeroMs: 0, rate: 1 };

class Motion {
  /**
   * @param {Animation} animation
   * @param {object} options
   * @param {MotionKind} options.kind
   * @param {(() => Axis) | null} options.axis null: the root's
   * @param {number} [options.startLocal] its own time when it starts; now if not said
   */
  constructor(animation, { kind, axis, startLocal }) {
    this.animation = animation;
    this.kind = kind;
    this.axis = axis ?? (() => ROOT_AXIS);
    this.startLocal = startLocal ?? this.local();
    /** @type {number | null} */
    this.hold = null; // the time it is paused at
    this.rate = native.playbackRate.get.call(animation);
    this.evenly = false; // goes at 1 whatever rate was asked for
    this.askedRate = this.rate;
    this.idle = false;
    this.stylePaused = false;
    this.byScript = false; // the page took over: animation-play-state no longer matters
    /** @type {number | null} */
    this.written = null; // what the browser's animation shows
    /** @type {{cancel: () => void}[]} */
    this.tasks = [];
    this.ending = openEnding();
    native.pause.value.call(animation);
  }

  get target() {
    return effectOf(this.animation)?.target ?? null;
  }

  /** @returns {{delay: number, duration: number, activeDuration: number, endTime: number}} */
  timing() {
    const timing = effectOf(this.animation)?.getComputedTiming();
    return /** @type {any} */ (timing ?? NO_TIME);
  }

  local() {
    const { zeroMs, rate } = this.axis();
    return (clock.now - zeroMs) * rate;
  }

  // Current time in ms, not limited to the animation's length; null when idle.
  time() {
    if (this.idle) return null;
    return this.hold ?? (this.local() - this.startLocal) * this.rate;
  }

  isFinished() {
    const time = this.time();
    if (time === null || this.hold !== null) return false;
    if (this.rate > 0) return time >= this.timing().endTime - ROUNDING_MS;
    return this.rate < 0 && time <= ROUNDING_MS;
  }

  // What the page reads: a finished animation stands at its end.
  shownTime() {
    const time = this.time();
    if (time === null || this.hold !== null) return time;
    return this.rate > 0 ? Math.min(time, this.timing().endTime) : Math.max(time, 0);
  }

  playState() {
    if (this.idle) return "idle";
    if (this.hold !== null) return "paused";
    return this.isFinished() ? "finished" : "running";
  }

  // ---- what the page may ask ----------------------------------------------------------------
  /** @param {number} time */
  setTime(time) {
    if (this.hold !== null || this.idle) this.hold = time;
    else this.startLocal = this.local() - time / (this.rate || 1);
    this.idle = false;
    this.changed();
  }

  play() {
    const time = this.time();
    const end = this.timing().endTime;
    let from = time ?? (this.rate < 0 ? end : 0);
    if (this.rate > 0 && (from < 0 || from >= end)) from = 0;
    if (this.rate < 0 && (from <= 0 || from > end)) from = end;
    const rewound = this.ending.isOver && from !== time;
    this.idle = false;
    this.hold = null;
    this.startLocal = this.local() - from / (this.rate || 1);
    if (rewound) this.ending = openEnding();
    this.changed();
  }

  pause() {
    const end = this.timing().endTime;
    this.hold = this.shownTime() ?? (this.rate < 0 ? end : 0);
    this.idle = false;
    this.changed();
  }

  finish() {
    const end = this.timing().endTime;
    if (this.rate === 0 || (this.rate > 0 && end === Infinity)) {
      throw new DOMException("Cannot finish an animation without an end.", "InvalidStateError");
    }
    this.idle = false;
    this.hold = null;
    this.startLocal = this.local() - (this.rate > 0 ? end : 0) / this.rate;
    this.changed();
    this.settleFinished();
  }

  cancel() {
    this.unschedule();
    this.idle = true;
    this.hold = null;
    native.cancel.value.call(this.animation);
    if (!this.ending.isOver) {
      this.ending.reject(new DOMException("The animation was cancelled.", "AbortError"));
    }
    this.ending = openEnding();
  }

  /** @param {number} rate */
  setRate(rate) {
    const time = this.time();
    this.rate = rate;
    this.evenly = false;
    if (time !== null && this.hold === null) this.startLocal = this.local() - time / (rate || 1);
    if (rate === 0 && time !== null) this.hold = time;
    native.playbackRate.set.call(this.animation, rate);
    this.changed();
  }

  // With the frame's time from where it stands, whatever rate and pause the page has asked for.
  driveEvenly() {
    const time = this.time();
    this.evenly = this.rate !== 1;
    this.askedRate = this.rate;
    this.rate = 1;
    this.hold = null;
    if (time !== null) this.startLocal = this.local() - time;
  }

  // Goes on from where the page has paused it.
  unhold() {
    if (this.hold === null) return;
    this.startLocal = this.local() - this.hold / this.rate;
    this.hold = null;
  }

  // What the page reads.
  get playbackRate() {
    return this.evenly ? this.askedRate : this.rate;
  }

  reverse() {
    this.setRate(-this.rate);
    this.play();
  }

  /** @returns {number | null} */
  get startTime() {
    if (this.hold !== null || this.idle) return null;
    const { zeroMs, rate } = this.axis();
    return zeroMs + this.startLocal / rate;
  }

  set startTime(value) {
    if (value === null) {
      this.hold = this.time();
    } else {
      const { zeroMs, rate } = this.axis();
      this.hold = null;
      this.idle = false;
      this.startLocal = (value - zeroMs) * rate;
    }
    this.changed();
  }

  // ---- events --------------------------------------------------------------------------------
  get finished() {
    return this.ending.promise;
  }

  settleFinished() {
    if (this.ending.isOver) return;
    this.ending.isOver = true;
    this.ending.resolve(this.animation);
    const detail = { currentTime: this.shownTime(), timelineTime: clock.now };
    this.animation.dispatchEvent(new AnimationPlaybackEvent("finish", detail));
  }

  /**
   * @param {string} phase
   * @param {number} elapsedMs
   */
  dispatch(phase, elapsedMs) {
    const effect = effectOf(this.animation);
    const target = effect?.target;
    if (!target) return;
    const common = {
      bubbles: true,
      elapsedTime: elapsedMs / 1000,
      pseudoElement: effect.pseudoElement ?? "",
    };
    if (this.kind === "transition") {
      const propertyName = /** @type {CSSTransition} */ (this.animation).transitionProperty;
      target.dispatchEvent(new TransitionEvent(`transition${phase}`, { ...common, propertyName }));
    } else {
      const { animationName } = /** @type {CSSAnimation} */ (this.animation);
      target.dispatchEvent(new AnimationEvent(`animation${phase}`, { ...common, animationName }));
    }
  }

  unschedule() {
    for (const task of this.tasks) task.cancel();
    this.tasks = [];
  }

  // Frame time at which the animation's current time is *time*.
  /** @param {number} time */
  dueAt(time) {
    const { zeroMs, rate } = this.axis();
    return zeroMs + (this.startLocal + time / this.rate) / rate;
  }

  // Whenever the page changes the course: what it reads next must be true already.
  changed() {
    this.written = null;
    const due = this.due();
    if (due !== null) this.write(due);
    this.plan();
  }

  // Plans the events that lie ahead. While the page loads nobody knows yet where clips are.
  plan() {
    this.unschedule();
    const now = this.time();
    if (clock.loading || now === null || this.hold !== null || this.rate === 0) return;
    const { delay, activeDuration, endTime } = this.timing();
    /** @type {Planner} */
    const at = (time, run) => {
      if (!Number.isFinite(time)) return;
      if (this.rate > 0 ? time < now : time > now) return;
      this.tasks.push(clock.schedule(this.dueAt(time), run));
    };
    if (this.kind === "transition" && now <= 0) {
      at(0, () => this.dispatch("run", Math.max(-delay, 0)));
    }
    if (this.kind !== "script") {
      at(delay, () => this.dispatch("start", Math.max(-delay, 0)));
      at(delay + activeDuration, () => this.dispatch("end", activeDuration));
    }
    if (this.kind === "css" && iterationsAreHeard) this.planIteration(at, now);
    at(this.rate > 0 ? endTime : 0, () => {
      // Timing may have been changed meanwhile through effect.updateTiming().
      if (this.isFinished()) this.settleFinished();
      else this.plan();
    });
  }

  /**
   * @param {Planner} at
   * @param {number} now
   */
  planIteration(at, now) {
    const { delay, duration, activeDuration } = this.timing();
    const next = Math.floor((now - delay) / duration + 1e-9) + 1;
    const time = delay + Math.max(next, 1) * duration;
    if (!(duration > 0) || this.rate <= 0 || time >= delay + activeDuration) return;
    at(time, () => {
      this.dispatch("iteration", time - delay);
      this.planIteration(at, time);
    });
  }

  // ---- showing -------------------------------------------------------------------------------
  // The time to write, or null when the picture cannot have changed.
  due() {
    const time = this.time();
    if (time === null) return null;
    const { delay, endTime } = this.timing();
    const shown = Math.min(Math.max(time, Math.min(delay, 0) - 1), endTime + 1);
    return shown === this.written ? null : shown;
  }

  /** @param {number} shown */
  write(shown) {
    this.written = shown;
    native.currentTime.set.call(this.animation, shown);
  }

  isCancelled() {
    return this.idle || native.playState.get.call(this.animation) === "idle";
  }
}

function openEnding() {
  const ending = { isOver: false, ...Promise.withResolvers() };
  ending.promise.catch(() => {}); // unheard, as the browser's
  return ending;
}

Motion.native = native;

// Somebody listens to `animationiteration`.
let iterationsAreHeard = false;
export function hearIterations() {
  iterationsAreHeard = true;
}

export { Motion };
