// When a page is ready for its first frame, and what it is waiting for otherwise.
//
//   await ready({timeoutMs})     {ok, waitingFor: [names], warnings: [problems], failed: [names],
//                                problem: text or null}
//
// Waited for: the document, nested compositions, fonts, images, requests, timelines that the page's
// scripts register, `__renderReady`, set-up the page has announced. Waiting uses the real clock.
//
// A page may need its own timers to get there (`setTimeout(init, 100)`, polling by animation
// frame). The clock stands at 0 meanwhile, and only the page's need decides what runs early, never
// how long loading took:
// 1. Three rounds of animation frame callbacks, which deferred set-up commonly takes.
// 2. While something is missing that only the page can bring, and no request is on its way, one
//    timer after the other in the order of their delays, up to 10 s of delay.
// What is merely likely to be missing (a canvas nobody has drawn to, a renderer nobody has made) is
// given up when no timer of up to 250 ms is left: later ones are taken to be animation.

import { clips } from "./clips.js";
import { clock } from "./clock.js";
import { errors } from "./instances.js";
import { elements as mediaElements } from "./media_keys.js";
import { nameOf } from "./naming.js";
import * as nesting from "./nesting.js";
import { naming, told } from "./problems.js";
import { real } from "./real.js";
import { realms } from "./realm.js";
import { runtimes } from "./runtimes.js";
import * as timelines from "./timelines.js";

const SET_UP_ROUNDS = 3;
const FRAME_ROUNDS = 60;
const HORIZON_MS = 10_000;
const LIKELY_HORIZON_MS = 250;
const FRAMES_TIMEOUT_MS = 3_000;
// With nothing left to run, what has not come by now was broken by an error; fonts, images and
// requests are waited for as long as it takes.
/** @import { Realm } from "./types.d.ts" */
/** @typedef {() => boolean} Expired */

const STILL_TIMEOUT_MS = 10_000;
const POLL_MS = 10;
const DRAWN_TIMEOUT_MS = 500;
const NO_GPU =
  "the page asks for WebGPU, for which this Chromium offers no adapter; it needs libvk_swiftshader.so beside it, or draw with WebGL, which the CPU draws (Three.js: WebGLRenderer, or forceWebGL)";

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => real.setTimeout(resolve, ms));
// Observers of size and visibility report when the browser draws; a hidden page never does.
const drawn = () =>
  new Promise((resolve) => {
    real.requestAnimationFrame(() => real.requestAnimationFrame(resolve));
    real.setTimeout(resolve, DRAWN_TIMEOUT_MS);
  });
/** @type {Record<string, any>} */
const page = globalThis;
const states = new WeakMap();

// Whether a promise is still open, asked without waiting for it.
/** @param {any} promise */
function isOpen(promise) {
  if (typeof promise?.then !== "function") return false;
  if (!states.has(promise)) {
    states.set(promise, "open");
    const close = () => states.set(promise, "closed");
    promise.then(close, close);
  }
  return states.get(promise) === "open";
}

// ---- conditions ------------------------------------------------------------------------------------
// A flag, a promise or a function; what a function promises is waited for once.
/** @type {any} */
let promised = null;
function renderReady() {
  const value = page.__renderReady;
  if (value === undefined) return true;
  if (promised !== null) return !isOpen(promised);
  let answer = value;
  try {
    if (typeof value === "function") answer = value();
  } catch {
    return false;
  }
  if (typeof answer?.then !== "function") return Boolean(answer);
  promised = answer;
  return !isOpen(promised);
}

const REGISTERS = /__timelines\s*(?:\[\s*(["'`])(.*?)\1\s*\]|\.([\w$]+)|\[[^\]]+\])\s*=[^=]/g;
const announced = new Set();

// Ids under which the page's scripts register a timeline; null stands for one that is computed.
async function readScripts() {
  const texts = await Promise.all([...document.scripts].map(textOf));
  for (const text of texts) {
    for (const match of text.matchAll(REGISTERS)) announced.add(match[2] ?? match[3] ?? null);
  }
}

// Files are only read when no timeline is there at all: one that comes may be announced there.
/** @param {HTMLScriptElement} script */
async function textOf(script) {
  if (!script.src) return script.textContent;
  const isOurs = new URL(script.src, document.baseURI).origin === location.origin;
  if (!isOurs || timelines.names().length > 0) return "";
  const answer = await real.fetch(script.src).catch(() => null);
  return answer?.ok ? answer.text() : "";
}

function missingTimelines() {
  const root = clips.rootElement();
  if (!root || root.hasAttribute("data-no-timeline")) return [];
  const known = new Set([
    ...timelines.names(),
    ...Object.keys(globalThis.__timelines ?? {}),
    ...runtimes.animeIds(),
  ]);
  for (const { element, id } of clips.compositions.values()) {
    if (element?.hasAttribute("data-no-timeline")) known.add(id);
  }
  return [...announced].filter((id) => (id === null ? known.size === 0 : !known.has(id)));
}

// [{what, likely, subject}]: *likely* ones are given up when nothing is left to run.
function missing() {
  /** @type {{what: string, likely: boolean, subject: Element | null}[]} */
  const found = [];
  /**
   * @param {string} what
   * @param {boolean} likely
   * @param {Element | null} subject
   */
  const add = (what, likely = false, subject = null) => found.push({ what, likely, subject });
  for (const what of nesting.pending()) add(`nested composition ${what}`);
  // A nested composition whose script has failed will not bring its timeline any more.
  const failed = errors.length > 0;
  for (const id of missingTimelines()) {
    add(id === null ? "a timeline" : `timeline "${id}"`, failed);
  }
  if (!renderReady()) add("__renderReady");
  for (const { what, promise } of runtimes.waits()) if (isOpen(promise)) add(what);
  for (const _player of runtimes.unloaded()) add("a Lottie animation");
  /** @type {NodeListOf<HTMLCanvasElement>} */
  const canvases = document.querySelectorAll("canvas:not([layoutsubtree], .hf-vfx-out)");
  for (const canvas of canvases) {
    if (!runtimes.isBlank(canvas)) continue;
    add(`a drawing on ${nameOf(canvas)}`, true, canvas);
  }
  if (page.__THREE__ && !runtimes.usesWebgl) add("a Three.js renderer", true);
  return found;
}

// ---- waiting ----------------------------------------------------------------------------------------
const isLoaded = () => document.readyState === "complete";
const areFramesLoaded = () =>
  [...realms()].every((realm) => realm.document.readyState === "complete");
const isQuiet = () => [...realms()].every((realm) => realm.resources.isQuiet());

const lacksGpu = () => [...realms()].some((realm) => realm.runtimes.lacksGpu);

function waitingFor() {
  const names = [];
  if (!isLoaded()) names.push("the document to load");
  for (const realm of realms()) names.push(...realm.resources.waitingFor());
  for (const { what, likely } of missing()) if (!likely) names.push(what);
  return [...new Set(names)];
}

/** @param {Expired} expired */
async function quiet(expired) {
  for (let calm = 0; calm < 3 && !expired(); calm += 1) {
    await clock.turn();
    if (isQuiet() && isLoaded()) continue;
    calm = -1;
    await sleep(1);
  }
}

/**
 * @param {() => boolean} done
 * @param {Expired} expired
 */
async function until(done, expired) {
  while (!done() && !expired()) await sleep(POLL_MS);
}

// Waits for a promise, which may break, or the end of patience. What is missing is named later.
/**
 * @param {Promise<unknown>} promise
 * @param {Expired} expired
 */
async function within(promise, expired) {
  const over = promise.then(
    () => {},
    () => {},
  );
  await Promise.race([over, until(() => !isOpen(promise), expired)]);
}

/** @param {Realm} realm */
async function prepareRealm({ resources, svgImages }) {
  await resources.prepare();
  await svgImages.prepare();
}

function prepare() {
  for (const realm of realms()) realm.generics.apply();
  return Promise.all([...realms()].map(prepareRealm));
}

/** @param {Expired} expired */
async function mount(expired) {
  do await within(nesting.mounted(), expired);
  while (nesting.pending().length > 0 && !expired());
}

// Workers that bring things (tiles of a map) have them drawn by further callbacks.
/** @param {Expired} expired */
async function setUp(expired) {
  await drawn();
  let seen = 0;
  let left = SET_UP_ROUNDS;
  for (let round = 0; round < FRAME_ROUNDS && left > 0 && !expired(); round += 1) {
    await quiet(expired);
    const traffic = [...realms()].reduce((sum, realm) => sum + realm.workers.traffic(), 0);
    left = traffic === seen ? left - 1 : SET_UP_ROUNDS;
    seen = traffic;
    clock.runFrames();
  }
}

// One thing at a time, and a look at what is missing after each. Callbacks by animation frame
// come first, since a timer run early is one run at the wrong time. Gives what is missing still.
/** @param {Expired} expired */
async function help(expired) {
  await setUp(expired);
  let frames = FRAME_ROUNDS;
  /** @type {number | null} */
  let still = null; // since when nothing has been left to run
  while (!expired()) {
    await quiet(expired);
    const lacking = missing();
    if (lacking.length === 0) return [];
    const onlyLikely = lacking.every((item) => item.likely);
    if (clock.hasFrames() && frames > 0) {
      frames -= 1;
      clock.runFrames();
    } else if (clock.pumpTimer(onlyLikely ? LIKELY_HORIZON_MS : HORIZON_MS)) {
      frames = Math.max(frames, SET_UP_ROUNDS);
      still = null;
    } else {
      still ??= real.now();
      if (onlyLikely || lacksGpu() || real.now() - still > STILL_TIMEOUT_MS) return lacking;
      await sleep(POLL_MS);
    }
  }
  return missing();
}

/** @param {{timeoutMs: number}} options */
async function ready({ timeoutMs }) {
  const end = real.now() + timeoutMs;
  const expired = () => real.now() >= end;
  await until(isLoaded, expired);
  const patience = real.now() + FRAMES_TIMEOUT_MS;
  await until(areFramesLoaded, () => expired() || real.now() > patience);
  await mount(expired);
  await within(prepare(), expired);
  await within(readScripts(), expired);
  const lacking = await help(expired);
  await mount(expired);
  await within(prepare(), expired);
  await quiet(expired);
  const ok = !expired() && lacking.every((item) => item.likely);
  // A page that has drawn all the same has another way, such as WebGL.
  const undrawn = lacksGpu() && lacking.length > 0;
  const names = ok ? [] : waitingFor();
  for (const realm of realms()) realm.animations.adopt();
  mediaElements(); // named before time moves: so by planner and workers alike
  return {
    ok,
    waitingFor: ok || names.length > 0 ? names : ["the page's own scripts to come to rest"],
    warnings: [
      ...lacking
        .filter((item) => item.likely)
        .map(({ what, subject }) =>
          naming("never-ready", subject, `the page never brought ${what}`),
        ),
      ...(lacksGpu() ? [naming("webgpu", null, NO_GPU)] : []),
    ].map(told),
    failed: [...realms()].flatMap((realm) => [...realm.resources.failed]),
    lacksGpu: lacksGpu(),
    problem: undrawn ? NO_GPU : null,
  };
}

export { ready };

// Here because variables.js, which runs earlier, makes the object.
page.__hyperframes ??= {};
page.__hyperframes.registerFrameSource = runtimes.registerFrameSource;
