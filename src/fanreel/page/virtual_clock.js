// A clock that moves when it is told to, and runs what falls due on its way.
//
// Rules:
// - While the page loads, time stands at 0. Timers without delay and idle callbacks run at once;
//   timers with a delay wait until a seek reaches them, so that real loading time, which differs
//   from run to run, never reaches a picture. A page that is not ready without them is helped by
//   `pumpTimer`.
// - A seek forward runs what falls due in between in time order, each with the clock at its own
//   due time. A seek back only sets the clock: what has run stays run.
// - Animation frame callbacks run once per seek. During a jump those that a timer or event asked
//   for, and the next two they ask for in turn, run at the frames where stepping would run them
//   (a class set, a frame later taken away). What goes on asking is a loop: it runs every 450 ms,
//   because libraries take a longer gap for a sleeping tab and shift their clocks (GSAP from
//   500 ms, d3 from 1000 ms).

import { makeQueue } from "./timer_queue.js";

const LONGEST_FRAME_GAP_MS = 450;
const LOOP_DEPTH = 3;
// `if (!start) start = timestamp` takes 0 for "not yet": the first timestamp is a nanosecond.
const FIRST_TIMESTAMP = 1e-6;
// HTML: from the sixth nested timer on, 4 ms is the shortest delay. It also bounds chains.
const NESTING_LIMIT = 5;
const NESTED_DELAY_MS = 4;
// How deep a chain of promises may be that a later task has to see done.
const PROMISE_HOPS = 24;
const POSTED_ROUNDS = 10;

/**
 * Tasks from elsewhere.
 * @typedef {object} Source
 * @property {(nowMs: number, limitMs: number) => number | null} next when its next one is due
 * @property {(dueMs: number) => void} run
 */

/**
 * What happens next. Quick tasks leave no promise jobs that a later one could see.
 * @typedef {{due: number, run: () => void, quick?: boolean}} Task
 */

/** @import { OwnTask, Realm, Timer } from "./types.d.ts" */

class RunawayTimers extends Error {
  /**
   * @param {number} limit
   * @param {number} ms
   */
  constructor(limit, ms) {
    super(`more than ${limit} timer callbacks fell due before ${ms} ms of page time`);
    this.name = "RunawayTimers";
  }
}

/**
 * @param {object} options
 * @param {() => Promise<void>} options.turn a promise for the next real task
 * @param {() => Iterable<Realm>} options.realms those whose callbacks run, see realm.js
 * @param {number} options.frameMs
 * @param {number} options.epochMs what Date says at 0
 * @param {number} options.tasksPerSeek more than these are taken for a loop without end
 */
export function makeClock({ turn, realms, frameMs, epochMs, tasksPerSeek }) {
  const queue = makeQueue();
  /** @type {Map<number, {realm: Realm, callback: (time: number) => void, depth: number}>} */
  let frames = new Map();
  let serial = 0;
  let nesting = 0;
  let lastFramesAt = -1;
  let depth = 0; // of the animation frame callback that is running, or whose promises are
  let drainAsked = false;

  const clock = {
    now: 0,
    loading: true,
    taskPosted: false,
    /** @type {Source[]} */
    sources: [],
    epochMs,
    turn,
    rest,
    addTimer,
    clearTimer,
    schedule,
    requestFrame,
    cancelFrame,
    runFrames,
    advanceTo,
    runDue,
    pumpTimer,
    hasFrames: () => frames.size > 0,
  };

  // A promise for the end of what a task has left behind: promise jobs, and tasks it has posted.
  // Where nothing was posted no real task passes, or the browser might draw a half-made frame.
  async function rest() {
    for (let round = 0; round < POSTED_ROUNDS; round += 1) {
      for (let hop = 0; hop < PROMISE_HOPS; hop += 1) await null;
      if (!clock.taskPosted) return;
      clock.taskPosted = false;
      await turn();
    }
  }

  /**
   * @param {Realm} realm
   * @param {unknown} callback
   * @param {any} delay
   * @param {unknown[]} args
   * @param {boolean} repeats
   */
  function addTimer(realm, callback, delay, args, repeats) {
    const ms = Math.max(Number.isFinite(+delay) ? Math.trunc(+delay) : 0, repeats ? 1 : 0);
    const wait = nesting > NESTING_LIMIT && ms < NESTED_DELAY_MS ? NESTED_DELAY_MS : ms;
    serial += 1;
    const [due, pumpAt, every] = [clock.now + wait, pumped + wait, repeats ? wait : null];
    queue.add({ id: serial, realm, callback, args, nesting, due, pumpAt, every });
    if (clock.loading && wait <= 1) askDrain();
    return serial;
  }

  /** @param {unknown} id */
  function clearTimer(id) {
    const timer = queue.find(Number(id));
    if (timer) queue.remove(timer);
  }

  // Own tasks only run once frames are being shown: a page's listeners are all in place then.
  /**
   * @param {number} due
   * @param {(dueMs: number) => void} run
   */
  function schedule(due, run) {
    /** @type {OwnTask} */
    const task = { due: Math.max(due, clock.now), run, own: true };
    queue.add(task);
    return { cancel: () => queue.remove(task) };
  }

  /**
   * @param {Realm} realm
   * @param {(time: number) => void} callback
   */
  function requestFrame(realm, callback) {
    if (typeof callback !== "function") throw new TypeError("callback is not a function");
    serial += 1;
    frames.set(serial, { realm, callback, depth });
    return serial;
  }

  /** @param {unknown} id */
  function cancelFrame(id) {
    frames.delete(Number(id));
  }

  /** @param {Realm} realm */
  const alive = (realm) => !realm.window.closed && realm.window.__fanreel === realm;

  /**
   * @param {Realm} realm
   * @param {unknown} callback
   * @param {unknown[]} args
   */
  function call(realm, callback, args) {
    try {
      if (typeof callback === "function") callback.apply(realm.window, args);
      else realm.window.eval(String(callback));
    } catch (error) {
      realm.report(error);
    }
  }

  // Callbacks see one list: those added meanwhile wait for the next time, those cancelled by an
  // earlier one are left out.
  function runFrames() {
    lastFramesAt = clock.now;
    nesting = 0;
    if (frames.size === 0) return false;
    const current = frames;
    frames = new Map();
    const cancelled = cancelFrame;
    clock.cancelFrame = (id) => {
      current.delete(Number(id));
      cancelled(id);
    };
    for (const { realm, callback, depth: own } of current.values()) {
      depth = clock.loading ? 0 : own + 1;
      if (alive(realm)) call(realm, callback, [clock.now || FIRST_TIMESTAMP]);
    }
    clock.cancelFrame = cancelled;
    return true;
  }

  /** @param {Timer | OwnTask} timer */
  function runTimer(timer) {
    queue.remove(timer);
    if (timer.own) {
      timer.run(timer.due);
      return;
    }
    if (!alive(timer.realm)) return;
    if (timer.every !== null) {
      const every = Math.max(timer.every, timer.nesting > NESTING_LIMIT ? NESTED_DELAY_MS : 1);
      timer.due = Math.max(timer.due, clock.now) + every;
      timer.pumpAt = pumped + every;
      timer.nesting += 1;
      queue.add(timer);
    }
    // Holds until the promise jobs of the callback are done too, as in the browser.
    nesting = timer.nesting + 1;
    call(timer.realm, timer.callback, timer.args);
  }

  // What happens next before *limit*.
  /** @param {number} limit */
  function nextTask(limit) {
    /** @type {Task | null} */
    let task = null;
    const timer = queue.first();
    if (timer && timer.due <= limit) task = { due: timer.due, run: () => runTimer(timer) };
    for (const source of clock.sources) {
      const due = source.next(clock.now, task ? Math.min(limit, task.due) : limit);
      if (due !== null) task = { due, run: () => source.run(due), quick: true };
    }
    // Timers of the same moment come first, and the last frame is left to the seek.
    const framesAt = nextFramesAt();
    if (framesAt < limit && (task === null || framesAt < task.due)) {
      task = { due: framesAt, run: runFrames };
    }
    return task;
  }

  function nextFramesAt() {
    if (frames.size === 0) return Infinity;
    for (const request of frames.values()) {
      if (request.depth >= LOOP_DEPTH) continue;
      const frame = Math.ceil(clock.now / frameMs - 1e-6) * frameMs;
      return frame > lastFramesAt + 1e-6 ? frame : frame + frameMs;
    }
    return lastFramesAt + LONGEST_FRAME_GAP_MS;
  }

  /** @param {number} ms */
  function advanceTo(ms) {
    if (ms < clock.now) {
      clock.now = ms;
      lastFramesAt = ms;
      reseed();
      return undefined;
    }
    return drain(ms);
  }

  function runDue() {
    return drain(clock.now);
  }

  /** @param {number} limit */
  function drain(limit) {
    let count = 0;
    /** @returns {Promise<void> | undefined} */
    const step = () => {
      nesting = 0;
      depth = 0;
      for (let task = nextTask(limit); task !== null; task = nextTask(limit)) {
        if (count === 0) watchTasks(true);
        count += 1;
        if (count > tasksPerSeek) throw new RunawayTimers(tasksPerSeek, limit);
        clock.now = Math.max(clock.now, task.due);
        reseed();
        if (!task.quick) for (const realm of realms()) realm.animations?.beforeTask();
        task.run();
        for (const realm of realms()) realm.animations?.afterTask();
        if (!task.quick) return rest().then(step);
      }
      if (count > 0) watchTasks(false);
      clock.now = limit;
      reseed();
      return undefined;
    };
    return step();
  }

  function reseed() {
    for (const realm of realms()) realm.reseed?.(clock.now);
  }

  /** @param {boolean} on */
  function watchTasks(on) {
    for (const realm of realms()) realm.animations?.watchTasks(on);
  }

  // ---- loading -----------------------------------------------------------------------------
  let pumped = 0;

  // Timers without delay run one per real task while the page loads, as the browser would.
  function askDrain() {
    if (drainAsked) return;
    drainAsked = true;
    turn().then(drainOne);
  }

  function drainOne() {
    drainAsked = false;
    nesting = 0;
    if (!clock.loading) return;
    const timer = queue.ofPage().find((item) => item.due <= clock.now + 1);
    if (!timer) return;
    runTimer(timer);
    askDrain();
  }

  // Helps a page that is not ready: runs the timer that is next in order, of at most *horizonMs*
  // of delay, with the clock at 0: what a page starts now has started when the first frame is
  // shown. False when there is none.
  /** @param {number} horizonMs */
  function pumpTimer(horizonMs) {
    const waiting = queue.ofPage().filter((item) => item.pumpAt <= horizonMs);
    if (waiting.length === 0) return false;
    const timer = waiting.reduce((first, item) => (item.pumpAt < first.pumpAt ? item : first));
    pumped = Math.max(pumped, timer.pumpAt);
    nesting = 0;
    runTimer(timer);
    return true;
  }

  return clock;
}
