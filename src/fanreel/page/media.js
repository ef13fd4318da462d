// The pictures of videos and animated images: fetched frame by frame, shown in the element itself.
//
//   seek(ms)              shows the frame of every active clip; a promise while one is fetched
//   pictureOf(element)    the canvas with a video's current picture, or null
//   screenOf(element)     {canvas, context, drawn, show(canvas)}: a video's picture, how many there
//                               were, and how to show another in its place (null: its own); or null
//   showLayer(layer, serial)    shows a layer of all HDR videos; false if there is none
//
// A video's picture is a canvas inside the video: in the shadow tree where Chromium keeps its
// captions. There it is laid out in the content box and clipped, rounded, masked, blended,
// filtered and moved with the video, whatever its style; and the document stays as it was written.
// Scripts cannot reach that tree, so capture/shadow_roots.py hands it over.
//
// An image's picture is a PNG put into `srcset`, so the image stays the browser's own.

import { pending } from "./held_media.js";
import * as layers from "./layers.js";
import { paintMarker } from "./marker.js";
import { elements as mediaElementsByKey } from "./media_keys.js";
import { isActive } from "./media_times.js";
import { real } from "./real.js";
import { config, isRoot } from "./realm.js";
import * as styleImages from "./style_images.js";
import { runCallbacks } from "./video_callbacks.js";
import { findHomes, INHERIT } from "./video_homes.js";

/**
 * @typedef {object} Item What is shown in an element.
 * @property {string} key
 * @property {any} element
 * @property {boolean} isImage
 * @property {any} home What holds a video's canvas.
 * @property {any} canvas
 * @property {any} context Of the canvas.
 * @property {number | null} index Of the source's frame.
 * @property {number} drawn How many pictures were.
 * @property {Wanted | null} ahead
 * @property {Map<number | null, string>} urls Of an image's pictures.
 * @property {any} layers
 * @property {HTMLCanvasElement | null} instead Shown in the canvas's place.
 * @property {string} [original]
 */

const { VideoFrame } = globalThis;
const getContext = HTMLCanvasElement.prototype.getContext;
const FRAMES = "/__fanreel__/frame";
const KEPT_IMAGES = 64;
const FILL = `display: block; width: 100%; height: 100%; ${INHERIT}`;
const text = new TextDecoder();
/** @type {Map<Element, Item>} */
const items = new Map(); // element -> what is shown in it

// ---- what is shown where ---------------------------------------------------------------------------
/**
 * @param {string} key
 * @param {Element} element
 */
function itemOf(key, element) {
  let item = items.get(element);
  if (!item) {
    item = {
      ...{ key, element, isImage: element.localName === "img", home: null },
      ...{ canvas: null, context: null },
      ...{ index: null, drawn: 0, ahead: null, urls: new Map(), layers: null, instead: null },
    };
    items.set(element, item);
  }
  return item;
}

function activeItems() {
  /** @type {Item[]} */
  const found = [];
  if (!config.media || !isRoot) return found;
  for (const [key, element] of [...mediaElementsByKey(), ...styleImages.elements()]) {
    const entry = config.media[key];
    if (!entry?.shown) continue;
    const item = itemOf(key, element);
    if (isActive(element)) found.push(item);
    else forget(item);
  }
  return found;
}

// Outside its clip a video has no picture, so what scripts draw does not depend on the past.
/** @param {Item} item */
function forget(item) {
  if (item.index === null || item.isImage) return;
  item.index = item.layers = null;
  item.canvas.width = item.canvas.height = 0;
  drop(item);
}

// ---- fetching --------------------------------------------------------------------------------------
/** @param {Item} item */
function drop(item) {
  item.ahead?.stop.abort();
  item.ahead = null;
}

function loader() {
  try {
    return globalThis.parent.__fanreelFrame ?? fetchHere;
  } catch {
    return fetchHere;
  }
}

const load = loader();

/**
 * A picture that was asked for; *ready* when it is there.
 * @typedef {object} Wanted
 * @property {number} frame
 * @property {AbortController} stop
 * @property {Promise<ArrayBuffer | null>} promise
 * @property {{body: ArrayBuffer | null} | null} ready
 */

/**
 * @param {Item} item
 * @param {number} frame
 * @returns {Wanted}
 */
function request(item, frame) {
  const stop = new AbortController();
  const shown = item.index === null ? "" : `/${item.index}`;
  const promise = load(`${FRAMES}/${item.key}/${frame}${shown}`, stop.signal);
  /** @type {Wanted} */
  const wanted = { frame, stop, promise, ready: null };
  promise.then(
    (body) => {
      wanted.ready = { body };
    },
    () => {}, // said when it is waited for
  );
  return wanted;
}

/**
 * Where there is no shell of a render.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function fetchHere(url, signal) {
  const response = await real.fetch(url, { signal });
  if (response.status === 204) return null;
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.arrayBuffer();
}

/**
 * @param {Item} item
 * @param {number} frame
 * @returns {Wanted}
 */
function wantedOf(item, frame) {
  if (item.ahead?.frame !== frame) {
    drop(item);
    item.ahead = request(item, frame);
  }
  return /** @type {Wanted} */ (item.ahead);
}

// ---- drawing ---------------------------------------------------------------------------------------
/**
 * @param {Item} item
 * @param {ArrayBuffer | null} body
 */
function show(item, body) {
  if (body === null) return undefined;
  const length = new DataView(body).getUint32(0, true);
  const header = JSON.parse(text.decode(new Uint8Array(body, 4, length)));
  item.index = header.index;
  if (item.isImage) return showImage(item, body, 4 + length);
  place(item, header);
  if (header.layers > 1) layers.keep(item, header, body, 4 + length);
  else draw(item, header, body, 4 + length);
  return undefined;
}

/**
 * @param {Item} item
 * @param {any} header
 */
function place(item, { format, displayWidth, displayHeight }) {
  if (!item.canvas) {
    const alpha = format.includes("A");
    item.canvas = document.createElement("canvas");
    item.canvas.style.cssText = FILL;
    item.context = getContext.call(item.canvas, "2d", { alpha });
  }
  const shown = item.instead ?? item.canvas;
  if (shown.parentNode !== item.home) item.home.replaceChildren(shown);
  if (item.canvas.width !== displayWidth || item.canvas.height !== displayHeight) {
    item.canvas.width = displayWidth;
    item.canvas.height = displayHeight;
  }
}

/**
 * @param {Item} item
 * @param {any} header
 * @param {ArrayBuffer} body
 * @param {number} start
 */
function draw(item, header, body, start) {
  const { format, width, height, displayWidth, displayHeight, colorSpace } = header;
  // Handing the memory over saves Chromium a copy: 40 instead of 50 ms of CPU at 1080p.
  const frame = new VideoFrame(new Uint8Array(body, start), {
    format,
    codedWidth: width,
    codedHeight: height,
    timestamp: 0,
    colorSpace,
    transfer: [body],
  });
  if (format.includes("A")) item.context.globalCompositeOperation = "copy";
  item.context.drawImage(frame, 0, 0, displayWidth, displayHeight);
  frame.close();
  item.drawn += 1;
}

/**
 * @param {Item} item
 * @param {ArrayBuffer} body
 * @param {number} start
 */
async function showImage(item, body, start) {
  let url = item.urls.get(item.index);
  if (!url) {
    url = URL.createObjectURL(new Blob([new Uint8Array(body, start)], { type: "image/png" }));
    item.urls.set(item.index, url);
    if (item.urls.size > KEPT_IMAGES) {
      const [oldest, gone] = [...item.urls][0];
      URL.revokeObjectURL(gone);
      item.urls.delete(oldest);
    }
  }
  const { element } = item;
  if (styleImages.owns(element)) {
    await styleImages.show(item.key, url);
    return;
  }
  if (!item.original) keepOriginal(item);
  for (const source of element.parentNode?.querySelectorAll?.(":scope > source") ?? []) {
    if (element.parentNode.localName === "picture") source.srcset = url;
  }
  element.srcset = url;
  await element.decode().catch(() => {});
}

/** @param {Item} item */
function keepOriginal(item) {
  item.original = item.element.currentSrc;
  Object.defineProperty(item.element, "currentSrc", {
    configurable: true,
    get: () => item.original,
  });
}

// ---- seeking ---------------------------------------------------------------------------------------
/**
 * @param {number} ms
 * @returns {Promise<unknown> | undefined}
 */
function seek(ms) {
  const waits = pending();
  if (waits.length > 0) return Promise.all(waits).then(() => seek(ms));
  const active = activeItems();
  if (active.length === 0) return undefined;
  const without = active.filter(({ isImage, home }) => !isImage && !home);
  if (without.length > 0) return findHomes(without).then(() => seek(ms));
  const frame = Math.round((ms * (config.fpsNum ?? 30)) / (1000 * (config.fpsDen ?? 1)));
  const wanted = active.map((item) => wantedOf(item, frame));
  if (wanted.every(({ ready }) => ready)) {
    return present(
      active,
      wanted.map(({ ready }) => ready?.body ?? null),
      frame,
    );
  }
  return Promise.all(wanted.map(({ promise }) => promise)).then((bodies) =>
    present(active, bodies, frame),
  );
}

// All in one task; and the next frames are asked for while this one is captured.
/**
 * @param {Item[]} active
 * @param {(ArrayBuffer | null)[]} bodies
 * @param {number} frame
 */
function present(active, bodies, frame) {
  const decodes = active.map((item, at) => show(item, bodies[at])).filter(Boolean);
  for (const item of layered()) layers.paint(item, "black");
  for (const item of active) item.ahead = request(item, frame + 1);
  if (decodes.length > 0) return Promise.all(decodes).then(() => tell(active));
  return tell(active);
}

const layered = () => [...items.values()].filter(({ layers }) => layers);

// Nothing but the pictures changes: no callback runs, so nothing of the page moves on.
/**
 * @param {string} layer
 * @param {number} serial
 */
function showLayer(layer, serial) {
  const found = layered();
  if (found.length === 0) return false;
  for (const item of found) layers.paint(item, layer);
  paintMarker(serial);
  return true;
}

/** @param {Item[]} active */
function tell(active) {
  for (const item of active) {
    if (item.isImage) continue;
    item.element.dispatchEvent(new Event("timeupdate"));
    runCallbacks(item);
  }
  return undefined;
}

// ---- scripts that use a video's picture --------------------------------------------------------------
/** @param {Element} element */
function pictureOf(element) {
  const item = items.get(element);
  if (!item || item.index === null) return null;
  return item.layers ? layers.pictureOf(item) : item.canvas;
}

/** @param {Element} element */
function screenOf(element) {
  const item = items.get(element);
  if (!item || item.index === null || item.layers) return null;
  const { canvas, context, drawn } = item;
  const show = (/** @type {HTMLCanvasElement | null} */ instead) => {
    item.instead = instead;
    const shown = instead ?? canvas;
    if (shown.parentNode !== item.home) item.home.replaceChildren(shown);
  };
  return { canvas, context, drawn, show };
}

export { pictureOf, screenOf, seek, showLayer };
