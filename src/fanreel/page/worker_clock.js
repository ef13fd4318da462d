// Runs first in every dedicated worker: its only clock is the page's, and chance is seeded.
//
// The page (workers.js) sends {[TOKEN]: {now, frames, ack}} in the stream of its messages: what it
// sent before has been heard by then. Timers that fall due run in time order, animation frame
// callbacks once, and when nothing is under way any more `ack` goes back the same way, behind all
// that the worker has said. Its own script runs at time 0.
(() => {
  const TOKEN = "__fanreelTick";
  if (globalThis[TOKEN] !== undefined || typeof WorkerGlobalScope === "undefined") return;
  Object.defineProperty(globalThis, TOKEN, { value: true });
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

  // ---- chance, as random.js has it -------------------------------------------------------------------
  const place = location.protocol === "blob:" ? "" : location.pathname;
  let base = 1779033703;
  for (const char of `0 ${globalThis.name} ${place}`) {
    base = Math.imul(base ^ char.codePointAt(0), 3432918353);
    base = (base << 13) | (base >>> 19);
  }
  let state = [0, 0, 0, 0];

  function mix(value) {
    let h = Math.imul(value ^ (value >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    return (h ^ (h >>> 16)) >>> 0;
  }

  function next() {
    let [a, b, c, d] = state;
    const result = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    state = [a, b, c | 0, d];
    return result >>> 0;
  }

  function standAt(ms) {
    now = ms;
    const micros = Math.round(ms * 1000);
    state = [base, mix(micros >>> 0), mix(Math.floor(micros / 2 ** 32) ^ base), 1];
    for (let round = 0; round < 12; round += 1) next();
  }
  standAt(0);
  Math.random = () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;

  function fill(bytes) {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = next() >>> 24;
  }
  const { getRandomValues } = Crypto.prototype;
  Crypto.prototype.getRandomValues = function seeded(array) {
    getRandomValues.call(this, array); // throws what the standard says for wrong arguments
    fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };
  Crypto.prototype.randomUUID = () => {
    const bytes = new Uint8Array(16);
    fill(bytes);
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

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
  function count(object, name) {
    const native = object?.[name];
    if (typeof native !== "function") return;
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
      count(globalThis[type]?.prototype, name);
    }
  }
  count(globalThis.OffscreenCanvas?.prototype, "convertToBlob");
  count(globalThis.ImageDecoder?.prototype, "decode");
  count(globalThis.FontFace?.prototype, "load");

  const channel = new MessageChannel();
  const turns = [];
  channel.port1.onmessage = () => turns.shift()();
  const turn = () =>
    new Promise((resolve) => {
      turns.push(resolve);
      channel.port2.postMessage(null);
    });

  // ---- running ---------------------------------------------------------------------------------------
  function call(callback, args) {
    try {
      if (typeof callback === "function") callback.apply(globalThis, args);
    } catch (error) {
      globalThis.reportError(error);
    }
  }

  function nextTimer(limit) {
    let found = null;
    for (const [id, timer] of timers) {
      if (timer.due <= limit && (found === null || timer.due < found.timer.due)) {
        found = { id, timer };
      }
    }
    return found;
  }

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

  async function obey({ now: ms, frames: wanted, ack }) {
    if (ack === null) {
      standAt(ms);
      return;
    }
    await advanceTo(ms);
    if (wanted) runFrames();
    await rest();
    real.postMessage({ [TOKEN]: { ack } });
  }

  const holdsCanvas = (value) =>
    value instanceof OffscreenCanvas ||
    (value !== null &&
      typeof value === "object" &&
      Object.values(value).some((item) => item instanceof OffscreenCanvas));

  globalThis.addEventListener("message", (event) => {
    const tick = event.data?.[TOKEN];
    if (tick === undefined) {
      if (globalThis.OffscreenCanvas && holdsCanvas(event.data)) drawsOnPage = true;
      return;
    }
    event.stopImmediatePropagation();
    obey(tick);
  });
  real.postMessage({ [TOKEN]: { hello: true } });
})();
