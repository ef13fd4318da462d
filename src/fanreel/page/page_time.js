// What a page reads the time with, and waits with: all of it answers from clock.

import { clock } from "./clock.js";
import { accessor, real } from "./real.js";
import { ownRealm } from "./realm.js";

const { epochMs } = clock;

/**
 * @template T
 * @param {T} object
 * @param {string} name
 * @param {(this: T, ...args: any[]) => unknown} value
 */
function replace(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

/**
 * @template T
 * @param {T} object
 * @param {string} name
 * @param {(this: T) => unknown} get
 */
function getter(object, name, get) {
  const found = Object.getOwnPropertyDescriptor(object, name);
  if (found) Object.defineProperty(object, name, { ...found, get });
}

replace(globalThis, "setTimeout", function setTimeout(callback, delay, ...args) {
  return clock.addTimer(ownRealm, callback, delay, args, false);
});
replace(globalThis, "setInterval", function setInterval(callback, delay, ...args) {
  return clock.addTimer(ownRealm, callback, delay, args, true);
});
replace(globalThis, "clearTimeout", function clearTimeout(id) {
  clock.clearTimer(id);
});
replace(globalThis, "clearInterval", function clearInterval(id) {
  clock.clearTimer(id);
});
replace(globalThis, "requestAnimationFrame", function requestAnimationFrame(callback) {
  return clock.requestFrame(ownRealm, callback);
});
replace(globalThis, "cancelAnimationFrame", function cancelAnimationFrame(id) {
  clock.cancelFrame(id);
});
replace(globalThis, "requestIdleCallback", function requestIdleCallback(callback) {
  const deadline = { didTimeout: false, timeRemaining: () => 10 };
  return clock.addTimer(ownRealm, callback, 1, [deadline], false);
});
replace(globalThis, "cancelIdleCallback", function cancelIdleCallback(id) {
  clock.clearTimer(id);
});

const dateNow = () => Math.floor(epochMs + clock.now);
real.Date.now = function now() {
  return dateNow();
};
replace(
  globalThis,
  "Date",
  new Proxy(real.Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [dateNow()] : args, newTarget),
    apply: (target) => new target(dateNow()).toString(),
  }),
);
real.Date.prototype.constructor = Date;
const { formatToParts } = Intl.DateTimeFormat.prototype;
const format = accessor(Intl.DateTimeFormat.prototype, "format");
getter(Intl.DateTimeFormat.prototype, "format", function get() {
  const formatter = format.get.call(this);
  return (/** @type {any} */ date) => formatter(date === undefined ? dateNow() : date);
});
replace(Intl.DateTimeFormat.prototype, "formatToParts", function parts(date) {
  return formatToParts.call(this, date === undefined ? dateNow() : date);
});
replaceTemporal();

replace(Performance.prototype, "now", function now() {
  return clock.now;
});
getter(Performance.prototype, "timeOrigin", () => epochMs);
for (const name of ["navigationStart", "fetchStart", "domLoading"]) {
  getter(PerformanceTiming.prototype, name, () => epochMs);
}
getter(Event.prototype, "timeStamp", () => clock.now);
const timelineTime = accessor(AnimationTimeline.prototype, "currentTime");
getter(AnimationTimeline.prototype, "currentTime", function currentTime() {
  return this instanceof DocumentTimeline ? clock.now : timelineTime.get.call(this);
});

if (globalThis.BaseAudioContext) {
  const native = accessor(BaseAudioContext.prototype, "currentTime");
  getter(BaseAudioContext.prototype, "currentTime", function currentTime() {
    return this instanceof OfflineAudioContext ? native.get.call(this) : clock.now / 1000;
  });
}

// Tasks posted by the page (React's scheduler, setImmediate shims) run for real; a seek waits
// for them.
replace(
  MessagePort.prototype,
  "postMessage",
  /** @param {[message: any, options?: any]} args */
  function postMessage(...args) {
    clock.taskPosted = true;
    return real.postMessage.apply(this, args);
  },
);
const { postMessage } = globalThis;
/** @param {Parameters<typeof postMessage>} args */
function postMessageNoted(...args) {
  clock.taskPosted = true;
  return postMessage.apply(globalThis, args);
}
replace(globalThis, "postMessage", postMessageNoted);
if (globalThis.Scheduler) {
  const { postTask } = Scheduler.prototype;
  replace(Scheduler.prototype, "postTask", function noted(callback, options = {}) {
    clock.taskPosted = true;
    const { delay, ...rest } = options;
    if (!delay) return postTask.call(this, callback, rest);
    return new Promise((resolve, reject) => {
      const run = () => postTask.call(this, callback, rest).then(resolve, reject);
      clock.addTimer(ownRealm, run, delay, [], false);
    });
  });
}

function replaceTemporal() {
  const { Temporal } = globalThis;
  if (!Temporal?.Now) return;
  const { Now } = Temporal;
  const instant = () => Temporal.Instant.fromEpochMilliseconds(dateNow());
  const zoned = (/** @type {any} */ zone) => instant().toZonedDateTimeISO(zone ?? Now.timeZoneId());
  replace(Now, "instant", instant);
  replace(Now, "zonedDateTimeISO", zoned);
  replace(Now, "plainDateTimeISO", (zone) => zoned(zone).toPlainDateTime());
  replace(Now, "plainDateISO", (zone) => zoned(zone).toPlainDate());
  replace(Now, "plainTimeISO", (zone) => zoned(zone).toPlainTime());
}
