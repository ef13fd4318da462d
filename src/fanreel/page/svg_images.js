// SVG files that move by themselves, shown as images: in <img> and in style sheets.
//
//   await prepare()               finds those the page shows
//   seek(ms)                      shows them at their time; a promise when there are any
//
// An SVG image runs on a clock of its own that no script reaches or stops. So what is shown is a
// still copy of the file (svg_stills.js): in an <img> at the time of the clip around it, in a style
// sheet at that of the root.

import { clips } from "./clips.js";
import { clock } from "./clock.js";
import { real } from "./real.js";
import { isRoot } from "./realm.js";
import * as resources from "./resources.js";
import * as styleImages from "./style_images.js";
import * as svgStills from "./svg_stills.js";

const SVG = /^data:image\/svg|\.svg([?]|$)/i;
const MOVES = /<(\w+:)?(animate|set)|@keyframes/;
const DATA_URLS = /url\(\s*"(data:image\/svg(?:\\.|[^"\\])*)"\s*\)/g;
/**
 * @typedef {object} Moving A file that is shown as it is at a time.
 * @property {string} url
 * @property {string | null} [written] The element's `src`.
 * @property {number | null} shownMs
 * @property {string | null} blob URL of what is shown.
 */

/** @type {Map<string, string | null>} */
const texts = new Map(); // url -> the file, or null if it does not move
/** @type {Map<string, Promise<void>>} */
const looks = new Map(); // url -> a promise for its text
/** @type {Map<HTMLImageElement, Moving>} */
const images = new Map(); // element -> {url, written, shownMs, blob}
/** @type {Map<string, Moving>} */
const styled = new Map(); // key -> {url, shownMs, blob}

// ---- finding ---------------------------------------------------------------------------------------
/** @param {string} url */
function look(url) {
  if (!looks.has(url)) looks.set(url, read(url));
  return looks.get(url);
}

/** @param {string} url */
async function read(url) {
  let text = "";
  if (url.startsWith("data:") || url.startsWith(`${location.origin}/`)) {
    text = await real
      .fetch(url)
      .then((response) => (response.ok ? response.text() : ""))
      .catch(() => "");
  }
  texts.set(url, MOVES.test(text) ? text : null);
}

/** @param {string} url */
const isSvg = (url) => SVG.test(url) && !url.includes("#");

function fresh() {
  return [...document.images].filter(
    (image) => !images.has(image) && isSvg(image.currentSrc) && !texts.has(image.currentSrc),
  );
}

function take() {
  for (const image of document.images) {
    const known = images.get(image);
    if (known && image.getAttribute("src") !== known.written) {
      images.delete(image); // a script shows another file
      image.removeAttribute("srcset");
    }
    if (!images.has(image) && texts.get(image.currentSrc)) {
      const url = image.currentSrc;
      images.set(image, { url, written: image.getAttribute("src"), shownMs: null, blob: null });
      Object.defineProperty(image, "currentSrc", { configurable: true, get: () => url });
    }
  }
}

function* urlsInStyles() {
  for (const url of resources.backgroundUrls()) if (isSvg(url)) yield url;
  for (const element of document.querySelectorAll("body, body *")) {
    for (const pseudo of [null, "::before", "::after"]) {
      /** @type {Record<string, any>} */
      const style = getComputedStyle(element, pseudo);
      for (const name of ["backgroundImage", "maskImage", "borderImageSource", "listStyleImage"]) {
        for (const [, url] of style[name].matchAll(DATA_URLS)) yield url.replace(/\\(.)/g, "$1");
      }
    }
  }
}

async function prepare() {
  if (!isRoot) {
    await styleImages.prepare([]);
    return;
  }
  const inStyles = new Set(urlsInStyles());
  await Promise.all([...inStyles, ...fresh().map((image) => image.currentSrc)].map(look));
  for (const url of inStyles) {
    const key = styleImages.keyOf(url);
    if (texts.get(url) && !styled.has(key)) styled.set(key, { url, shownMs: null, blob: null });
  }
  take();
  await styleImages.prepare([...styled.values()].map(({ url }) => url));
}

// ---- showing ---------------------------------------------------------------------------------------
/**
 * @param {Moving} item
 * @param {number} ms
 */
function blobAt(item, ms) {
  const file = svgStills.at(item.url, texts.get(item.url) ?? "", ms / 1000);
  const before = item.blob;
  item.blob = URL.createObjectURL(new Blob([file], { type: "image/svg+xml" }));
  item.shownMs = ms;
  return { blob: item.blob, before };
}

/**
 * @param {HTMLImageElement} image
 * @param {Moving} item
 * @param {number} ms
 */
async function showImage(image, item, ms) {
  const { blob, before } = blobAt(item, ms);
  const parent = image.parentElement;
  if (parent?.localName === "picture") {
    /** @type {NodeListOf<HTMLSourceElement>} */
    const sources = parent.querySelectorAll(":scope > source");
    for (const source of sources) {
      source.srcset = blob;
    }
  }
  image.srcset = blob;
  await image.decode().catch(() => {});
  if (before) URL.revokeObjectURL(before);
}

/**
 * @param {string} key
 * @param {Moving} item
 * @param {number} ms
 */
async function showStyled(key, item, ms) {
  const { blob, before } = blobAt(item, ms);
  await styleImages.show(key, blob);
  if (before) URL.revokeObjectURL(before);
}

/** @param {HTMLImageElement} image */
function localMs(image) {
  const { zeroMs, rate } = clips.axisOf(image);
  return Math.max((clock.now - zeroMs) * rate, 0);
}

/**
 * @param {number} ms
 * @returns {Promise<unknown> | undefined}
 */
function seek(ms) {
  if (!isRoot) return undefined;
  const unknown = fresh();
  if (unknown.length > 0) {
    return Promise.all(unknown.map((image) => look(image.currentSrc))).then(() => seek(ms));
  }
  take();
  const shows = [];
  for (const [image, item] of images) {
    const at = localMs(image);
    if (image.isConnected && item.shownMs !== at) shows.push(showImage(image, item, at));
  }
  for (const [key, item] of styled) {
    if (item.shownMs !== ms) shows.push(showStyled(key, item, ms));
  }
  return shows.length > 0 ? Promise.all(shows) : undefined;
}

export { prepare, seek };
