// `data-vfx-chain`: effects on the pixels of an element, drawn in the last steps of a frame.
//
//   seek()             undefined, or a promise while elements are being painted and read
//   describe()         warnings about what cannot be read or drawn
//
// What a chain works on is the element in its `<canvas layoutsubtree class="hf-vfx-src">`; what comes
// out is shown by `.hf-vfx-out`. Both are the format's.

import { clock } from "./clock.js";
import { problem } from "./problems.js";
import { real } from "./real.js";
import { runtimes } from "./runtimes.js";
import * as vfxNoise from "./vfx_noise.js";
import * as vfxValues from "./vfx_values.js";
import * as vfxWarp from "./vfx_warp.js";

const NAME = "data-vfx-chain";
const SOURCE = ".hf-vfx-src";
/** @typedef {Record<string, number>} Params */

/** @type {Map<string, ReturnType<typeof vfxValues.read>>} */
const readings = new Map(); // attribute text -> {nodes, problems}

/** @param {Element} host */
function reading(host) {
  const text = host.getAttribute(NAME) ?? "";
  const known = readings.get(text) ?? vfxValues.read(text);
  readings.set(text, known);
  return known;
}

// An element comes into a canvas as it was painted last: a frame callback is before its paint.
const painted = () =>
  new Promise((resolve) => {
    real.requestAnimationFrame(() => real.requestAnimationFrame(resolve));
  });

// ---- one element ------------------------------------------------------------------------------------
/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @returns {any} What draws on it, an element too.
 */
function sized(canvas, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** @param {Element} host */
function outOf(host) {
  /** @type {HTMLCanvasElement | null} */
  const found = host.querySelector(":scope > .hf-vfx-out");
  const canvas = found ?? document.createElement("canvas");
  if (!found) {
    canvas.className = "hf-vfx-out";
    host.append(canvas);
  }
  Object.assign(canvas.style, {
    position: "absolute",
    inset: "0",
    width: "100%",
    height: "100%",
  });
  return canvas;
}

/**
 * @param {HTMLCanvasElement} source
 * @param {number} width
 * @param {number} height
 * @returns {ImageData}
 */
function captured(source, width, height) {
  const context = sized(source, width, height);
  context.clearRect(0, 0, width, height);
  const { offsetWidth, offsetHeight } = /** @type {HTMLElement} */ (source.firstElementChild);
  const density = devicePixelRatio;
  context.drawElementImage(
    source.firstElementChild,
    0,
    0,
    offsetWidth * density,
    offsetHeight * density,
  );
  const pixels = context.getImageData(0, 0, width, height);
  context.clearRect(0, 0, width, height);
  return pixels;
}

/** @type {Record<string, (pixels: ImageData, params: Params, density: number) => ImageData>} */
const DRAW = {
  "fractal-noise": (pixels, params, density) => {
    vfxNoise.draw(pixels, params, density);
    return pixels;
  },
  "wave-warp": (pixels, params, density) => vfxWarp.wave(pixels, params, density, clock.now / 1000),
  "displacement-map": (pixels, params, density) => vfxWarp.displace(pixels, params, density),
};

/** @param {HTMLElement} host */
function draw(host) {
  const width = Math.round(host.offsetWidth * devicePixelRatio);
  const height = Math.round(host.offsetHeight * devicePixelRatio);
  if (width === 0 || height === 0) return;
  /** @type {HTMLCanvasElement | null} */
  const source = host.querySelector(SOURCE);
  let pixels = source?.firstElementChild
    ? captured(source, width, height)
    : new ImageData(width, height);
  const style = getComputedStyle(host);
  for (const node of reading(host).nodes) {
    pixels = DRAW[node.type](pixels, vfxValues.animated(node, style), devicePixelRatio);
  }
  sized(outOf(host), width, height).putImageData(pixels, 0, 0);
}

// ---- all of them ------------------------------------------------------------------------------------
/** @param {HTMLElement} host */
const isShown = (host) =>
  host.offsetWidth > 0 && host.checkVisibility({ visibilityProperty: true });

function seek() {
  /** @type {NodeListOf<HTMLElement>} */
  const all = document.querySelectorAll(`[${NAME}]`);
  const hosts = [...all].filter(isShown);
  if (hosts.length === 0) return undefined;
  if (!hosts.some((host) => host.querySelector(SOURCE))) return hosts.forEach(draw);
  return painted().then(() => {
    hosts.forEach(draw);
    // Drawn once more for a page's own canvases, which would be a frame's work for nothing.
    runtimes.tookElements();
  });
}

/** @param {Element} host */
function problemsOf(host) {
  const { nodes, problems } = reading(host);
  const works = nodes.filter(({ type }) => type !== "fractal-noise").map(({ type }) => type);
  if (works.length === 0 || host.querySelector(SOURCE)?.firstElementChild) return problems;
  return [
    ...problems,
    `${works[0]} has nothing to work on; put the content into ` +
      '<canvas layoutsubtree class="hf-vfx-src"><div class="hf-vfx-in">',
  ];
}

function describe() {
  return [...document.querySelectorAll(`[${NAME}]`)].flatMap((host) =>
    problemsOf(host).map((text) =>
      problem("bad-vfx-chain", host, `${NAME}: ${text}; the rest of the chain is drawn`),
    ),
  );
}

export { describe, seek };
