// The pictures of videos and animated images: fetched frame by frame, shown in the element itself.
//
//   seek(ms)              shows the frame of every active clip; a promise while one is fetched
//   pictureOf(element)    the canvas with a video's current picture, or null
//   screenOf(element)     {canvas, context, drawn, show(canvas)}: a video's picture, how many there
//                               were, and how to show another in its place (null: its own); or null
//   homeless()            videos that wait for `adopt`
//   showLayer(layer, serial)    shows a layer of all HDR videos; false if there is none
//   adopt(element, root)    gives a video's own shadow root, where its canvas is put
//
// A video's picture is a canvas inside the video: in the shadow tree where Chromium keeps its
// captions. There it is laid out in the content box and clipped, rounded, masked, blended,
// filtered and moved with the video, whatever its style; and the document stays as it was written.
// Scripts cannot reach that tree, so capture/shadow_roots.py hands it over.
//
// An image's picture is a PNG put into `srcset`, so the image stays the browser's own.

import { clock } from "./clock.js";
import * as layers from "./layers.js";
import { paintMarker } from "./marker.js";
import * as mediaElements from "./media_elements.js";
import { elements as mediaElementsByKey } from "./media_keys.js";
import { nameOf } from "./naming.js";
import { real } from "./real.js";
import { config, isRoot, report } from "./realm.js";
import * as styleImages from "./style_images.js";

const { VideoFrame } = globalThis;
const getContext = HTMLCanvasElement.prototype.getContext;
const FRAMES = "/__fanreel__/frame";
const ADOPT = "__fanreelAdopt";
const ADOPT_TIMEOUT_MS = 15_000;
const KEPT_IMAGES = 64;
const INHERIT = "object-fit: inherit; object-position: inherit; image-rendering: inherit";
const FILL = `display: block; width: 100%; height: 100%; ${INHERIT}`;
const text = new TextDecoder();
const items = new Map(); // element -> what is shown in it
const unplaced = new Map(); // video -> function that ends the wait

// ---- a place for the canvas ------------------------------------------------------------------------
async function settle(element) {
  // Those of the page would be drawn there by the browser's clock, over the picture.
  for (const own of element.textTracks) own.mode = "disabled";
  // Captions that are on make Chromium build the container; off again, it stays.
  const track = element.addTextTrack("captions");
  track.mode = "showing";
  const adopted = new Promise((resolve) => {
    unplaced.set(element, resolve);
  });
  track.mode = "disabled";
  return adopted;
}

function adopt(element, root) {
  const container = root.querySelector('[pseudo="-webkit-media-text-track-container"]');
  container.style.cssText += `; ${INHERIT}`;
  unplaced.get(element)?.(container);
  unplaced.delete(element);
}

async function findHomes(videos) {
  const placed = videos.map(async (item) => {
    item.home = await settle(item.element);
  });
  if (typeof globalThis[ADOPT] !== "function") {
    throw new Error("this browser was not told to hand over shadow roots");
  }
  globalThis[ADOPT]("");
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = real.setTimeout(() => {
      const names = [...unplaced.keys()].map(nameOf).join(", ");
      reject(new Error(`no place for the picture of ${names}`));
    }, ADOPT_TIMEOUT_MS);
  });
  await Promise.race([Promise.all(placed), late]);
  real.clearTimeout(timer);
}

// ---- what is shown where ---------------------------------------------------------------------------
function itemOf(key, element) {
  let item = items.get(element);
  if (!item) {
    item = { key, element, isImage: element.localName === "img", home: null, canvas: null };
    Object.assign(item, {
      index: null,
      drawn: 0,
      ahead: null,
      urls: new Map(),
      layers: null,
      instead: null,
    });
    items.set(element, item);
  }
  return item;
}

function activeItems() {
  const found = [];
  if (!config.media || !isRoot) return found;
  for (const [key, element] of [...mediaElementsByKey(), ...styleImages.elements()]) {
    const entry = config.media[key];
    if (!entry?.shown) continue;
    const item = itemOf(key, element);
    if (mediaElements.isActive(element)) found.push(item);
    else forget(item);
  }
  return found;
}

// Outside its clip a video has no picture, so what scripts draw does not depend on the past.
function forget(item) {
  if (item.index === null || item.isImage) return;
  item.index = item.layers = null;
  item.canvas.width = item.canvas.height = 0;
  drop(item);
}

// ---- fetching --------------------------------------------------------------------------------------
function drop(item) {
  item.ahead?.stop.abort();
  item.ahead = null;
}

function request(item, frame) {
  const stop = new AbortController();
  const shown = item.index === null ? "" : `/${item.index}`;
  const wanted = { frame, stop, ready: null };
  wanted.promise = load(`${FRAMES}/${item.key}/${frame}${shown}`, stop.signal).then((body) => {
    wanted.ready = { body };
    return body;
  });
  wanted.promise.catch(() => {}); // said when it is waited for
  return wanted;
}

async function load(url, signal) {
  const response = await real.fetch(url, { signal });
  if (response.status === 204) return null;
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.arrayBuffer();
}

function wantedOf(item, frame) {
  if (item.ahead?.frame !== frame) {
    drop(item);
    item.ahead = request(item, frame);
  }
  return item.ahead;
}

// ---- drawing ---------------------------------------------------------------------------------------
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

async function showImage(item, body, start) {
  let url = item.urls.get(item.index);
  if (!url) {
    url = URL.createObjectURL(new Blob([new Uint8Array(body, start)], { type: "image/png" }));
    item.urls.set(item.index, url);
    if (item.urls.size > KEPT_IMAGES) {
      const [oldest, gone] = item.urls.entries().next().value;
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

function keepOriginal(item) {
  item.original = item.element.currentSrc;
  Object.defineProperty(item.element, "currentSrc", {
    configurable: true,
    get: () => item.original,
  });
}

// ---- seeking ---------------------------------------------------------------------------------------
function seek(ms) {
  const waits = mediaElements.pending();
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
      wanted.map(({ ready }) => ready.body),
      frame,
    );
  }
  return Promise.all(wanted.map(({ promise }) => promise)).then((bodies) =>
    present(active, bodies, frame),
  );
}

// All in one task; and the next frames are asked for while this one is captured.
function present(active, bodies, frame) {
  const decodes = active.map((item, at) => show(item, bodies[at])).filter(Boolean);
  for (const item of layered()) layers.paint(item, "black");
  for (const item of active) item.ahead = request(item, frame + 1);
  if (decodes.length > 0) return Promise.all(decodes).then(() => tell(active));
  return tell(active);
}

const layered = () => [...items.values()].filter(({ layers }) => layers);

// Nothing but the pictures changes: no callback runs, so nothing of the page moves on.
function showLayer(layer, serial) {
  const found = layered();
  if (found.length === 0) return false;
  for (const item of found) layers.paint(item, layer);
  paintMarker(serial);
  return true;
}

function tell(active) {
  for (const item of active) {
    if (item.isImage) continue;
    item.element.dispatchEvent(new Event("timeupdate"));
    runCallbacks(item);
  }
  return undefined;
}

// ---- scripts that use a video's picture --------------------------------------------------------------
function pictureOf(element) {
  const item = items.get(element);
  if (!item || item.index === null) return null;
  return item.layers ? layers.pictureOf(item) : item.canvas;
}

function screenOf(element) {
  const item = items.get(element);
  if (!item || item.index === null || item.layers) return null;
  const { canvas, context, drawn } = item;
  const show = (instead) => {
    item.instead = instead;
    const shown = instead ?? canvas;
    if (shown.parentNode !== item.home) item.home.replaceChildren(shown);
  };
  return { canvas, context, drawn, show };
}

function substitute(prototype, name) {
  const native = prototype?.[name];
  if (!native) return;
  prototype[name] = function substituted(...args) {
    return native.apply(this, args.map(picturesIn));
  };
}

function picturesIn(value) {
  if (value instanceof HTMLVideoElement) return pictureOf(value) ?? value;
  if (value?.source instanceof HTMLVideoElement) {
    return { ...value, source: pictureOf(value.source) ?? value.source };
  }
  return value;
}

for (const type of ["CanvasRenderingContext2D", "OffscreenCanvasRenderingContext2D"]) {
  for (const name of ["drawImage", "createPattern"]) {
    substitute(globalThis[type]?.prototype, name);
  }
}
for (const type of ["WebGLRenderingContext", "WebGL2RenderingContext"]) {
  for (const name of ["texImage2D", "texSubImage2D", "texImage3D", "texSubImage3D"]) {
    substitute(globalThis[type]?.prototype, name);
  }
}
substitute(globalThis.GPUQueue?.prototype, "copyExternalImageToTexture");
substitute(globalThis, "createImageBitmap");
if (VideoFrame) {
  globalThis.VideoFrame = new Proxy(VideoFrame, {
    construct(target, [image, init], subtype) {
      const picture = picturesIn(image);
      const given = picture === image ? init : { timestamp: image.currentTime * 1e6, ...init };
      return Reflect.construct(target, [picture, given], subtype);
    },
  });
}

// ---- requestVideoFrameCallback ---------------------------------------------------------------------
let handles = 0;
const asked = new WeakMap();

HTMLVideoElement.prototype.requestVideoFrameCallback = function requestFrame(callback) {
  if (!asked.has(this)) asked.set(this, new Map());
  handles += 1;
  asked.get(this).set(handles, callback);
  return handles;
};
HTMLVideoElement.prototype.cancelVideoFrameCallback = function cancelFrame(handle) {
  asked.get(this)?.delete(handle);
};

function runCallbacks({ element }) {
  const callbacks = [...(asked.get(element)?.values() ?? [])];
  asked.get(element)?.clear();
  const { now } = clock;
  const facts = { presentationTime: now, expectedDisplayTime: now, presentedFrames: 1 };
  const { videoWidth: width, videoHeight: height, currentTime: mediaTime } = element;
  for (const callback of callbacks) {
    try {
      callback(now, { ...facts, width, height, mediaTime });
    } catch (error) {
      report(error);
    }
  }
}

export const homeless = () => [...unplaced.keys()];

export { adopt, pictureOf, screenOf, seek, showLayer };
