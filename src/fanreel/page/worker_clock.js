// Runs first in every dedicated worker: its only clock is the page's, and chance is seeded.
//
// The page (workers.js) sends {[TICK]: {now, frames, ack}} in the stream of its messages: what it
// sent before has been heard by then. Timers that fall due run in time order, animation frame
// callbacks once, and when nothing is under way any more `ack` goes back the same way, behind all
// that the worker has said. Its own script runs at time 0.

import { hash, makeChance } from "./seeded.js";
import { makeTurns } from "./turns.js";
import { TICK } from "./worker_words.js";

Object.defineProperty(globalThis, TICK, { value: true });
const FIRST_TIMESTAMP = 1e-6;
const ROUNDS = 200;
const CALM_ROUNDS = 3;
const SHORTEST_MS = 4; // of nested timers; it also bounds chains
const real = {
  Date,
  postMessage: globalThis.postMessage.bind(globalThis),
  requestAnimationFrame: globalThis.requestAnimationFrame?.bind(globalThis),
};
const timers = new Map();
let frames = new Map();
let serial = 0;
let now = 0;
let nesting = 0;
let underWay = 0;
let drawsOnPage = false;

const place = location.protocol === "blob:" ? "" : location.pathname;
const { reseed } = makeChance(hash(`0 ${self.name} ${place}`), Crypto.prototype.getRandomValues);

/** @param {number} ms */
function standAt(ms) {
  now = ms;
  reseed(ms);
}

// ---- time ------------------------------------------------------------------------------------------
const dateNow = () => Math.floor(now);
real.Date.now = dateNow;
globalThis.Date = new Proxy(real.Date, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [dateNow()] : args, newTarget),
  apply: (target) => new target(dateNow()).toString(),
});
Object.defineProperty(Performance.prototype, "now", { value: () => now, configurable: true });
Object.defineProperty(Performance.prototype, "timeOrigin", { get: () => 0, configurable: true });

/**
 * @param {any} callback
 * @param {any} delay
 * @param {any[]} args
 * @param {boolean} repeats
 */
function addTimer(callback, delay, args, repeats) {
  const ms = Math.max(Number.isFinite(+delay) ? Math.trunc(+delay) : 0, repeats ? 1 : 0);
  const wait = nesting > 5 ? Math.max(ms, SHORTEST_MS) : ms;
  serial += 1;
  timers.set(serial, { callback, args, due: now + wait, every: repeats ? wait : null, nesting });
  return serial;
}
globalThis.setTimeout = (callback, delay, ...args) => addTimer(callback, delay, args, false);
globalThis.setInterval = (callback, delay, ...args) => addTimer(callback, delay, args, true);
globalThis.clearTimeout = (id) => void timers.delete(id);
globalThis.clearInterval = globalThis.clearTimeout;
globalThis.requestAnimationFrame = (callback) => {
  serial += 1;
  frames.set(serial, callback);
  return serial;
};
globalThis.cancelAnimationFrame = (id) => void frames.delete(id);

// ---- what is under way -----------------------------------------------------------------------------
/**
 * @param {any} object
 * @param {string} name
 */
function count(object, name) {
  const native = object?.[name];
  if (typeof native !== "function") return;
  /** @param {any[]} args */
  object[name] = function counted(...args) {
    const answer = native.apply(this, args);
    if (typeof answer?.then !== "function") return answer;
    underWay += 1;
    const done = () => {
      underWay -= 1;
    };
    answer.then(done, done);
    return answer;
  };
}
count(globalThis, "fetch");
count(globalThis, "createImageBitmap");
for (const name of ["compile", "compileStreaming", "instantiate", "instantiateStreaming"]) {
  count(WebAssembly, name);
}
for (const type of ["Response", "Blob", "Request"]) {
  for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
    count(/** @type {Record<string, any>} */ (globalThis)[type]?.prototype, name);
  }
}
count(globalThis.OffscreenCanvas?.prototype, "convertToBlob");
count(globalThis.ImageDecoder?.prototype, "decode");
count(globalThis.FontFace?.prototype, "load");

const turn = makeTurns(new MessageChannel());

// ---- running ---------------------------------------------------------------------------------------
/**
 * @param {any} callback
 * @param {any[]} args
 */
function call(callback, args) {
  try {
    if (typeof callback === "function") callback.apply(globalThis, args);
  } catch (error) {
    globalThis.reportError(error);
  }
}

/** @param {number} limit */
function nextTimer(limit) {
  /** @type {{id: number, timer: any} | null} */
  let found = null;
  for (const [id, timer] of timers) {
    if (timer.due <= limit && (found === null || timer.due < found.timer.due)) {
      found = { id, timer };
    }
  }
  return found;
}

/** @param {{id: number, timer: any}} task */
function runTimer({ id, timer }) {
  standAt(Math.max(now, timer.due));
  if (timer.every === null) {
    timers.delete(id);
  } else {
    timer.due = now + Math.max(timer.every, timer.nesting > 5 ? SHORTEST_MS : 1);
    timer.nesting += 1;
  }
  nesting = timer.nesting + 1;
  call(timer.callback, timer.args);
  nesting = 0;
}

/** @param {number} ms */
async function advanceTo(ms) {
  for (let task = nextTimer(ms); task !== null; task = nextTimer(ms)) {
    runTimer(task);
    await turn();
  }
  standAt(ms);
}

function runFrames() {
  const current = frames;
  frames = new Map();
  for (const callback of current.values()) call(callback, [now || FIRST_TIMESTAMP]);
}

async function rest() {
  let calm = 0;
  for (let round = 0; round < ROUNDS && calm < CALM_ROUNDS; round += 1) {
    await turn();
    const task = nextTimer(now);
    if (task) runTimer(task);
    if (task) calm = 0;
    else if (underWay === 0) calm += 1;
    while (underWay > 0) {
      calm = 0;
      await turn();
    }
  }
  // What was drawn on a canvas of the page reaches it with a frame of the browser's own.
  for (let frame = 0; drawsOnPage && frame < 2; frame += 1) {
    await new Promise((resolve) => real.requestAnimationFrame(resolve));
  }
}

/** @param {{now: number, frames: boolean, ack: number | null}} tick */
async function obey({ now: ms, frames: wanted, ack }) {
  if (ack === null) {
    standAt(ms);
    return;
  }
  await advanceTo(ms);
  if (wanted) runFrames();
  await rest();
  real.postMessage({ [TICK]: { ack } });
}

/** @param {any} value */
const holdsCanvas = (value) =>
  value instanceof OffscreenCanvas ||
  (value !== null &&
    typeof value === "object" &&
    Object.values(value).some((item) => item instanceof OffscreenCanvas));

globalThis.addEventListener("message", (event) => {
  const tick = event.data?.[TICK];
  if (tick === undefined) {
    if (globalThis.OffscreenCanvas && holdsCanvas(event.data)) drawsOnPage = true;
    return;
  }
  event.stopImmediatePropagation();
  obey(tick);
});
real.postMessage({ [TICK]: { hello: true } });
