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
const texts = new Map(); // url -> the file, or null if it does not move
const looks = new Map(); // url -> a promise for its text
const images = new Map(); // element -> {url, written, shownMs, blob}
const styled = new Map(); // key -> {url, shownMs, blob}

// ---- finding ---------------------------------------------------------------------------------------
function look(url) {
  if (!looks.has(url)) looks.set(url, read(url));
  return looks.get(url);
}

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
function blobAt(item, ms) {
  const file = svgStills.at(item.url, texts.get(item.url), ms / 1000);
  const before = item.blob;
  item.blob = URL.createObjectURL(new Blob([file], { type: "image/svg+xml" }));
  item.shownMs = ms;
  return { blob: item.blob, before };
}

async function showImage(image, item, ms) {
  const { blob, before } = blobAt(item, ms);
  if (image.parentNode?.localName === "picture") {
    for (const source of image.parentNode.querySelectorAll(":scope > source")) {
      source.srcset = blob;
    }
  }
  image.srcset = blob;
  await image.decode().catch(() => {});
  if (before) URL.revokeObjectURL(before);
}

async function showStyled(key, item, ms) {
  const { blob, before } = blobAt(item, ms);
  await styleImages.show(key, blob);
  if (before) URL.revokeObjectURL(before);
}

function localMs(image) {
  const { zeroMs, rate } = clips.axisOf(image);
  return Math.max((clock.now - zeroMs) * rate, 0);
}

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
