// Libraries and conventions that are told the time instead of asking for it.
//
//   runtimes.begin()         the page has loaded: from here on time moves
//   runtimes.seek()          tells everyone the clock's time
//   runtimes.pending         promises a frame has to wait for
//   runtimes.waits()         [{what, promise}] of set-up the page has announced
//   runtimes.durationS()     longest Lottie or Anime.js instance in seconds; null if none
//   runtimes.usesWebgl       a WebGL or WebGPU context was asked for
//   runtimes.tookElements()    whether scripts have drawn elements on canvases since it was asked
//   runtimes.lacksGpu        WebGPU was asked for, which this browser offers no adapter for
//   runtimes.isBlank(canvas)    no context was asked for yet
//
// What is driven, and how, is from the HyperFrames docs (adapters/lottie, animejs, three, typegpu,
// render-fn; guides/frame-sources, webgpu): `__hfLottie`, `hyperframesAnime`, `hf-seek` with
// `waitUntil`, `__hfThreeTime`, `__hfThreeRender`, `__hfTypegpuTime`, `__hfRender`, `__hfTime`,
// `__hfWebGpu`, `__hf.buildReady`, `registerFrameSource`.

import { clips } from "./clips.js";
import { clock } from "./clock.js";
import { nameOf } from "./naming.js";
import { report } from "./realm.js";

const page = globalThis;
const pending = new Set();
const setups = [];
const anime = [];
const sources = new Set();
const drawn = new WeakSet();
const forGpu = new WeakSet();
let usesWebgl = false;
let lacksGpu = false;
let drewElements = false;

function attempt(run) {
  try {
    return run();
  } catch (error) {
    report(error);
    return undefined;
  }
}

function hold(promise) {
  if (typeof promise?.then !== "function") return;
  pending.add(promise);
  const done = () => pending.delete(promise);
  promise.then(done, done);
}

// ---- Lottie ------------------------------------------------------------------------------------
function lotties() {
  const found = new Set(Array.isArray(page.__hfLottie) ? page.__hfLottie : []);
  for (const library of [page.lottie, page.bodymovin]) {
    for (const item of library?.getRegisteredAnimations?.() ?? []) found.add(item);
  }
  for (const element of document.querySelectorAll("dotlottie-wc,dotlottie-player,lottie-player")) {
    const player = element.dotLottie ?? element.getLottie?.();
    if (player) found.add(player);
  }
  return [...found].filter((item) => item !== null && typeof item === "object");
}

// A one-shot holds its last frame, a loop turns (docs, adapters/lottie).
function lottieFrame(raw, frames, loops) {
  if (!(frames > 0)) return 0;
  if (loops) return ((raw % frames) + frames) % frames;
  return Math.min(Math.max(raw, 0), frames - 1);
}

function seekLottie(player) {
  const seconds = clock.now / 1000;
  if (typeof player.goToAndStop === "function") {
    if (player.isLoaded === false || !player.totalFrames) return;
    const speed = player.playSpeed ?? 1;
    const raw = seconds * player.frameRate * speed * (player.playDirection ?? 1);
    const from = raw < 0 ? player.totalFrames - 1 + raw : raw;
    player.goToAndStop(lottieFrame(from, player.totalFrames, player.loop === true), true);
    return;
  }
  const frames = player.totalFrames;
  if (player.isLoaded === false || !(frames > 0)) return;
  if (player.isPlaying) player.pause?.();
  const raw = (seconds / player.duration) * frames * (player.speed ?? 1);
  const frame = lottieFrame(raw, frames, player.loop === true);
  if (typeof player.setFrame === "function") player.setFrame(frame);
  else if (typeof player.seek === "function") player.seek(frame);
}

function lottieLengthS(player) {
  if (typeof player.goToAndStop === "function") return player.totalFrames / player.frameRate;
  return player.duration;
}

// ---- Anime.js ----------------------------------------------------------------------------------
const animeApi = {
  register(id, instance, options = {}) {
    anime.push({ id, instance, labels: options.labels ?? {} });
    instance?.pause?.();
    return instance;
  },
};
page.hyperframesAnime ??= animeApi;
page.__hfAnime ??= [];

function animeItems() {
  const pushed = Array.isArray(page.__hfAnime) ? page.__hfAnime : [];
  const loose = pushed.filter((instance) => !anime.some((item) => item.instance === instance));
  return [...anime, ...loose.map((instance) => ({ id: null, instance }))];
}

function seekAnime({ id, instance }) {
  if (typeof instance?.seek !== "function") return;
  let axis = { zeroS: 0, rate: 1 };
  for (const composition of clips.compositions.values()) {
    if (id !== null && composition.id === id) axis = composition;
  }
  const local = Math.max(clock.now - axis.zeroS * 1000, 0) * axis.rate;
  const length = Number.isFinite(instance.duration) ? instance.duration : local;
  instance.seek(Math.min(local, length));
}

// ---- callbacks and events -------------------------------------------------------------------------
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
  registerDevice: (device) => {
    usesWebgl = true;
    return device;
  },
  registerFrame: hold,
  setReady: (promise) => setups.push({ what: "WebGPU set-up", promise }),
};

if (page.GPU) {
  const { requestAdapter } = GPU.prototype;
  GPU.prototype.requestAdapter = async function requestAdapterNoted(...args) {
    const adapter = await requestAdapter.apply(this, args);
    lacksGpu ||= adapter === null;
    return adapter;
  };
}

// ---- canvases ----------------------------------------------------------------------------------------
function watchContexts(prototype) {
  const { getContext } = prototype;
  prototype.getContext = function getContextNoted(type, ...rest) {
    (type === "webgpu" ? forGpu : drawn).add(this);
    if (/^(experimental-)?webg/.test(type)) usesWebgl = true;
    return getContext.call(this, type, ...rest);
  };
}
// What it draws is the element as the browser has painted it last.
function watchElementDrawing(prototype, name) {
  const native = prototype?.[name];
  if (!native) return;
  prototype[name] = function drawNoted(...args) {
    drewElements = true;
    return native.apply(this, args);
  };
}
watchElementDrawing(globalThis.CanvasRenderingContext2D?.prototype, "drawElementImage");
watchElementDrawing(globalThis.WebGLRenderingContext?.prototype, "texElementImage2D");
watchElementDrawing(globalThis.WebGL2RenderingContext?.prototype, "texElementImage2D");
watchElementDrawing(globalThis.GPUQueue?.prototype, "copyElementImageToTexture");

watchContexts(HTMLCanvasElement.prototype);
watchContexts(OffscreenCanvas.prototype);
const { transferControlToOffscreen } = HTMLCanvasElement.prototype;
HTMLCanvasElement.prototype.transferControlToOffscreen = function transferred() {
  drawn.add(this);
  return transferControlToOffscreen.call(this);
};

// ---- together ------------------------------------------------------------------------------------------
function begin() {
  // A jump of the clock is no hiccup to smooth over.
  attempt(() => page.gsap?.ticker?.lagSmoothing?.(0));
}

function seek() {
  const time = tellTime();
  for (const player of lotties()) attempt(() => seekLottie(player));
  for (const item of animeItems()) attempt(() => seekAnime(item));
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

const unloaded = () => lotties().filter((player) => player.isLoaded === false);

function durationS() {
  const lengths = lotties().map(lottieLengthS);
  for (const { instance } of animeItems()) lengths.push(instance?.duration / 1000);
  const finite = lengths.filter((length) => Number.isFinite(length) && length > 0);
  return finite.length > 0 ? Math.max(...finite) : null;
}

const animeIds = () => anime.map((item) => item.id);

export const runtimes = {
  begin,
  seek,
  pending,
  waits,
  unloaded,
  durationS,
  animeIds,
  registerFrameSource,
  isBlank: (canvas) => !drawn.has(canvas) && (lacksGpu || !forGpu.has(canvas)),
  isIdle: () => lotties().length === 0 && animeItems().length === 0 && sources.size === 0,
  get usesWebgl() {
    return usesWebgl;
  },
  tookElements() {
    const drew = drewElements;
    drewElements = false;
    return drew;
  },
  get lacksGpu() {
    return lacksGpu;
  },
};
