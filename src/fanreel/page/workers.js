// Dedicated workers on the page's clock: worker_clock.js runs in each before its own script.
//
//   seek(ms)      puts every worker to the frame's time; a promise when there are any
//   areBusy()     one of them may still have something to say
//   rest()        a promise for the time when none has
//   traffic()     messages to and from workers so far
//
// A worker file of the project comes from the server with that script in front; to a blob or a data:
// URL it is added here. Ticks go in the stream of the page's own messages, so their order is that
// of the page. A worker of another kind is taken to have nothing more to say after a while of silence.

import { clock } from "./clock.js";
import { real } from "./real.js";
import { config } from "./realm.js";
import { TICK } from "./worker_words.js";

/**
 * @typedef {object} State What is known of a worker.
 * @property {boolean} hello It has said that it obeys.
 * @property {boolean} busy
 * @property {Promise<void> | null} asked What it is at, while it is.
 * @property {Map<number, (value?: unknown) => void>} acks
 * @property {number} since When it was last heard of, in real time.
 * @property {number} now The time it was told.
 * @property {boolean} over
 * @property {boolean} [foreign] It does not obey.
 */

const SILENCE_MS = 30;
const HELLO_MS = 5000;
const MOST_SCRIPT_BYTES = 2 ** 25;
const NativeWorker = globalThis.Worker;
const { postMessage, terminate } = NativeWorker.prototype;
const { createObjectURL } = URL;
const blobs = new Map();
/** @type {Map<Worker, State>} */
const states = new Map(); // worker -> {hello, busy, asked, acks, since, ...}
let messages = 0;
let serial = 0;

// ---- starting --------------------------------------------------------------------------------------
URL.createObjectURL = (object) => {
  const url = createObjectURL(object);
  const isScript = object instanceof Blob && object.size < MOST_SCRIPT_BYTES;
  if (isScript && /^$|script|text/.test(object.type)) blobs.set(url, object);
  return url;
};

/** @param {BlobPart[]} parts */
const scriptBlob = (...parts) =>
  createObjectURL.call(URL, new Blob(parts, { type: "text/javascript" }));

/**
 * @param {string | URL} url
 * @param {WorkerOptions | undefined} options
 */
function prepared(url, options) {
  const { href } = new URL(url, document.baseURI);
  const own = config.workerScript;
  const isModule = options?.type === "module";
  if (!own || !/^(blob|data):/.test(href)) return url;
  const first = isModule ? `import ${JSON.stringify(scriptBlob(own))};` : `${own}\n`;
  if (blobs.has(href)) return scriptBlob(first, blobs.get(href));
  if (href.startsWith("blob:")) return url;
  const name = JSON.stringify(href);
  return scriptBlob(first, isModule ? `import ${name};` : `importScripts(${name});`);
}

/** @param {Worker} worker */
function adopt(worker) {
  /** @type {State} */
  const state = {
    ...{ hello: false, busy: true, asked: null, acks: new Map() },
    ...{ since: real.now(), now: 0, over: false },
  };
  states.set(worker, state);
  worker.addEventListener("message", (event) => {
    const said = event.data?.[TICK];
    if (said === undefined) {
      noteTraffic(state);
      return;
    }
    event.stopImmediatePropagation();
    if (said.hello) state.hello = true;
    state.acks.get(said.ack)?.();
    state.acks.delete(said.ack);
  });
  worker.addEventListener("error", () => {
    if (!state.hello) state.over = true; // it never ran
  });
}

globalThis.Worker = new Proxy(NativeWorker, {
  construct(target, [url, options], newTarget) {
    const worker = Reflect.construct(target, [prepared(url, options), options], newTarget);
    adopt(worker);
    return worker;
  },
});
NativeWorker.prototype.constructor = globalThis.Worker;

NativeWorker.prototype.terminate = function terminated() {
  const state = states.get(this);
  if (state) end(state);
  states.delete(this);
  return terminate.call(this);
};

/** @param {State} state */
function end(state) {
  state.over = true;
  for (const done of state.acks.values()) done();
  state.acks.clear();
}

// ---- talking ---------------------------------------------------------------------------------------
/** @param {State} state */
function noteTraffic(state) {
  messages += 1;
  state.since = real.now();
  state.busy = true;
}

/** @param {[message: any, options?: any]} args */
NativeWorker.prototype.postMessage = function postMessageNoted(...args) {
  const state = states.get(this);
  if (state) {
    noteTraffic(state);
    if (state.now !== clock.now) tell(this, state, { now: clock.now, ack: null });
  }
  return postMessage.apply(this, args);
};

/**
 * @param {Worker} worker
 * @param {State} state
 * @param {{now: number, frames?: boolean, ack: number | null}} tick
 */
function tell(worker, state, tick) {
  state.now = tick.now;
  postMessage.call(worker, { [TICK]: tick });
}

// A promise for the worker's word that it has come to rest at this time.
/**
 * @param {Worker} worker
 * @param {State} state
 * @param {boolean} frames
 * @returns {Promise<void>}
 */
function ask(worker, state, frames) {
  state.busy = false;
  serial += 1;
  const ack = serial;
  const answered = new Promise((resolve) => {
    state.acks.set(ack, resolve);
  });
  tell(worker, state, { now: clock.now, frames, ack });
  const done = state.hello ? answered : Promise.race([answered, greeting(state)]);
  const asked = done.then(() => {
    if (state.asked === asked) state.asked = null;
  });
  state.asked = asked;
  return asked;
}

// Until it is clear that the worker does not speak our language.
/** @param {State} state */
async function greeting(state) {
  while (!state.hello && !state.over && real.now() - state.since < HELLO_MS) {
    await new Promise((resolve) => real.setTimeout(resolve, 5));
  }
  if (state.hello) await new Promise(() => {}); // its answer counts
  state.foreign = true;
}

// ---- together --------------------------------------------------------------------------------------
const live = () => [...states].filter(([, state]) => !state.over);
/** @param {State} state */
const isLoud = ({ since }) => real.now() - since < SILENCE_MS;

function areBusy() {
  let busy = false;
  for (const [worker, state] of live()) {
    if (state.foreign) busy ||= isLoud(state);
    else if (state.asked || state.busy) {
      busy = true;
      if (!state.asked) ask(worker, state, false);
    }
  }
  return busy;
}

async function rest() {
  while (areBusy()) {
    const asked = live().flatMap(([, state]) => (state.asked ? [state.asked] : []));
    if (asked.length > 0) await Promise.all(asked);
    else await new Promise((resolve) => real.setTimeout(resolve, 5));
  }
}

function seek() {
  const asked = live().flatMap(([worker, state]) =>
    state.foreign ? [] : [ask(worker, state, true)],
  );
  return asked.length > 0 ? Promise.all(asked).then(rest) : undefined;
}

export const traffic = () => messages;

export { areBusy, rest, seek };
