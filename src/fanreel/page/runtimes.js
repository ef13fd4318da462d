// Libraries and conventions that are told the time instead of asking for it.
//
//   begin()       the page has loaded: from here on time moves
//   seek()        tells everyone the clock's time
//   pending       promises a frame has to wait for
//   waits()       [{what, promise}] of set-up the page has announced
//   durationS()   longest Lottie or Anime.js instance in seconds; null if none
//   usesWebgl, tookElements(), lacksGpu, isBlank(canvas)   see canvas_use.js
//
// What is driven, and how, is from the HyperFrames docs (adapters/lottie, animejs, three, typegpu,
// render-fn; guides/frame-sources, webgpu): `__hfLottie`, `hyperframesAnime`, `hf-seek` with
// `waitUntil`, `__hfThreeTime`, `__hfThreeRender`, `__hfTypegpuTime`, `__hfRender`, `__hfTime`,
// `__hfWebGpu`, `__hf.buildReady`, `registerFrameSource`.

import * as anime from "./anime.js";
import * as canvasUse from "./canvas_use.js";
import { clips } from "./clips.js";
import { clock } from "./clock.js";
import * as lottie from "./lottie.js";
import { nameOf } from "./naming.js";
import { report } from "./realm.js";

/**
 * @typedef {object} Source What a page registers to be called each frame.
 * @property {Element} element
 * @property {(time: number, signal: AbortSignal) => unknown} render
 * @property {AbortController} abort
 */

/** @type {any} */
const page = globalThis;
const pending = new Set();
/** @type {{what: string, promise: any}[]} */
const setups = [];
/** @type {Set<Source>} */
const sources = new Set();

/** @param {() => any} run */
function attempt(run) {
  try {
    return run();
  } catch (error) {
    report(error);
    return undefined;
  }
}

/** @param {any} promise */
function hold(promise) {
  if (typeof promise?.then !== "function") return;
  pending.add(promise);
  const done = () => pending.delete(promise);
  promise.then(done, done);
}

// ---- callbacks and events -------------------------------------------------------------------------
/**
 * @param {any} registry
 * @returns {Function[]}
 */
function callbacks(registry) {
  if (typeof registry === "function") return [registry];
  const items = registry?.values?.() ?? Object.values(registry ?? {});
  return [...items].filter((item) => typeof item === "function");
}

function tellTime() {
  const time = clock.now / 1000;
  page.__hfTime = time;
  page.__hfThreeTime = time;
  page.__hfTypegpuTime = time;
  return time;
}

/** @param {number} time */
function callRenderers(time) {
  const detail = { time, waitUntil: hold };
  attempt(() => page.dispatchEvent(new CustomEvent("hf-seek", { detail })));
  for (const registry of [page.__hfThreeRender, page.__hfRender]) {
    for (const render of callbacks(registry)) hold(attempt(() => render(time)));
  }
  if (typeof page.__hfWebGpuWaitForFrame === "function") {
    hold(attempt(() => page.__hfWebGpuWaitForFrame(time)));
  }
}

// ---- frame sources ---------------------------------------------------------------------------------
/** @param {{element: Element, ready?: unknown, render: Source["render"], dispose?: () => void}} source */
function registerFrameSource({ element, ready, render, dispose }) {
  const abort = new AbortController();
  const source = { element, render, abort };
  sources.add(source);
  if (ready) setups.push({ what: `frame source ${nameOf(element)}`, promise: ready });
  return () => {
    if (!sources.delete(source)) return;
    abort.abort();
    dispose?.();
  };
}

/** @param {Source} source */
function seekSource({ element, render, abort }) {
  if (!element?.isConnected) return;
  const { zeroMs, rate } = clips.axisOf(element);
  const time = Math.max((clock.now - zeroMs) * rate, 0) / 1000;
  hold(render(time, abort.signal));
}

// By this pages and @hyperframes/shader-transitions tell a render from a preview, in which they
// play by themselves.
page.__HF_VIRTUAL_TIME__ ??= {};

page.__hfWebGpu ??= {
  registerDevice: (/** @type {unknown} */ device) => {
    canvasUse.noteWebgl();
    return device;
  },
  registerFrame: hold,
  setReady: (/** @type {unknown} */ promise) => setups.push({ what: "WebGPU set-up", promise }),
};

// ---- together ------------------------------------------------------------------------------------------
function begin() {
  // A jump of the clock is no hiccup to smooth over.
  attempt(() => page.gsap?.ticker?.lagSmoothing?.(0));
}

function seek() {
  const time = tellTime();
  for (const player of lottie.players()) attempt(() => lottie.seekPlayer(player));
  for (const item of anime.instances()) attempt(() => anime.seekInstance(item));
  callRenderers(time);
  for (const source of sources) attempt(() => seekSource(source));
}

function waits() {
  const found = [...setups];
  for (const [name, promise] of Object.entries(page.__hf?.buildReady ?? {})) {
    found.push({ what: `__hf.buildReady "${name}"`, promise });
  }
  return found;
}

const unloaded = () => lottie.players().filter((player) => player.isLoaded === false);

function durationS() {
  const lengths = lottie.players().map(lottie.lengthS);
  for (const { instance } of anime.instances()) lengths.push(instance?.duration / 1000);
  const finite = lengths.filter((length) => Number.isFinite(length) && length > 0);
  return finite.length > 0 ? Math.max(...finite) : null;
}

export const runtimes = {
  begin,
  seek,
  pending,
  waits,
  unloaded,
  durationS,
  animeIds: anime.ids,
  registerFrameSource,
  isBlank: canvasUse.isBlank,
  isIdle: () =>
    lottie.players().length === 0 && anime.instances().length === 0 && sources.size === 0,
  get usesWebgl() {
    return canvasUse.usesWebgl;
  },
  tookElements: canvasUse.tookElements,
  get lacksGpu() {
    return canvasUse.lacksGpu;
  },
};
