// Fonts, images and requests: what has to have arrived before a picture is taken.
//
//   await prepare()     loads every face and decodes every image the document uses
//   pending()           promises for what is on its way now; empty when nothing is
//   waitingFor()        the same by name
//   isQuiet()           no request is open and no worker is at work
//   backgroundUrls()    images that style sheets show
//   failed              names of fonts and images that could not be had

import { accessor, real } from "./real.js";
import * as workers from "./workers.js";

const requests = new Map();
const loose = new Set(); // images outside the document, such as textures
const shown = new WeakMap(); // image -> the source that has been decoded
const backgrounds = new Map();
const failed = new Set();
const IMAGES = ["backgroundImage", "maskImage", "borderImageSource", "listStyleImage", "content"];
const URLS = /url\(\s*"((?:\\.|[^"\\])*)"\s*\)/g;

// ---- requests ------------------------------------------------------------------------------------
/**
 * @template T
 * @param {string} what
 * @param {Promise<T>} promise
 */
function track(what, promise) {
  const token = Symbol(what);
  const ended = promise.then(
    () => requests.delete(token),
    () => requests.delete(token),
  );
  requests.set(token, { what, ended });
  return promise;
}

globalThis.fetch = function fetchNoted(...args) {
  const [asked] = args;
  const url = asked instanceof Request ? asked.url : String(asked);
  return track(`request ${url}`, real.fetch(...args));
};
/** @type {Record<string, any>} */
const responses = Response.prototype;
for (const name of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"]) {
  const read = responses[name];
  if (!read) continue;
  responses[name] = function readNoted() {
    return track(`response ${this.url}`, read.call(this));
  };
}
const { send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.send = function sendNoted(...args) {
  const ended = new Promise((resolve) => {
    this.addEventListener("loadend", resolve, { once: true });
  });
  const answer = send.apply(this, args);
  track("XMLHttpRequest", ended);
  return answer;
};

// ---- images --------------------------------------------------------------------------------------
const source = accessor(HTMLImageElement.prototype, "src");
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(value) {
    source.set.call(this, value);
    if (!this.isConnected) loose.add(this);
  },
});

function* images() {
  yield* document.images;
  for (const image of loose) {
    if (image.complete) loose.delete(image);
    else yield image;
  }
}

/** @param {HTMLImageElement} image */
const isWaiting = (image) => !image.complete || shown.get(image) !== image.currentSrc;

/** @param {HTMLImageElement} image */
async function decode(image) {
  if (image.loading === "lazy") image.loading = "eager";
  const { currentSrc } = image;
  try {
    await image.decode();
  } catch {
    // Not loadable, or replaced while it loaded: then it is asked for again.
    if (image.complete && image.naturalWidth === 0 && image.currentSrc) {
      failed.add(`image ${image.currentSrc}`);
    }
  }
  if (image.complete) shown.set(image, image.currentSrc || currentSrc);
}

function waitingImages() {
  const found = [];
  for (const image of images()) if (isWaiting(image)) found.push(image);
  return found;
}

// Backgrounds are fetched by the browser when they are first painted; loading them beforehand
// puts them into its memory.
function findBackgrounds() {
  const urls = new Set();
  /** @param {Record<string, any>} style */
  const add = (style) => {
    for (const name of IMAGES) {
      for (const [, url] of (style[name] ?? "").matchAll(URLS)) urls.add(url);
    }
  };
  for (const element of document.querySelectorAll("body, body *")) {
    add(getComputedStyle(element));
    for (const pseudo of ["::before", "::after"]) {
      const style = getComputedStyle(element, pseudo);
      if (style.content !== "none") add(style);
    }
  }
  for (const url of urls) {
    if (backgrounds.has(url) || /^(blob:|data:image\/svg)/.test(url)) continue;
    const image = new Image();
    source.set.call(image, url);
    const decoded = image.decode().catch(() => failed.add(`image ${url}`));
    backgrounds.set(url, { decoded, image });
  }
  return [...backgrounds.values()].map((item) => item.decoded);
}

// ---- fonts ---------------------------------------------------------------------------------------
// Every face that some text asks for, also text of clips that are hidden now.
function wantedFonts() {
  const wanted = new Map();
  /**
   * @param {CSSStyleDeclaration} style
   * @param {string} text
   */
  const add = (style, text) => {
    const { fontStyle, fontWeight, fontStretch, fontFamily } = style;
    const font = `${fontStyle} ${fontWeight} 16px ${fontFamily}`;
    const key = `${font} ${fontStretch}`;
    wanted.set(key, { font, text: (wanted.get(key)?.text ?? "") + text });
  };
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const { data, parentElement } = /** @type {Text & {parentElement: Element}} */ (node);
    if (data.trim() !== "") add(getComputedStyle(parentElement), data);
  }
  for (const element of document.querySelectorAll("body *")) {
    for (const pseudo of ["::before", "::after"]) {
      const style = getComputedStyle(element, pseudo);
      if (/^["']/.test(style.content)) add(style, style.content);
    }
  }
  return wanted.values();
}

async function loadFonts() {
  if (document.fonts.size === 0) return;
  const loads = [...wantedFonts()].map(({ font, text }) => {
    const characters = [...new Set(text)].join("");
    return document.fonts.load(font, characters).catch(() => {});
  });
  await Promise.all(loads);
  await document.fonts.ready;
  for (const face of document.fonts) {
    if (face.status === "error") failed.add(nameOfFace(face));
  }
}

/** @param {FontFace} face */
const nameOfFace = ({ family, weight, style }) =>
  `font ${family.replace(/"/g, "")} ${weight}${style === "normal" ? "" : ` ${style}`}`;

// ---- together --------------------------------------------------------------------------------------
async function prepare() {
  await Promise.all([loadFonts(), ...waitingImages().map(decode), ...findBackgrounds()]);
}

function pending() {
  const found = [...requests.values()].map((item) => item.ended);
  for (const image of waitingImages()) found.push(decode(image));
  if (document.fonts.status === "loading") found.push(document.fonts.ready);
  if (workers.areBusy()) found.push(workers.rest());
  return found;
}

function waitingFor() {
  const names = [...requests.values()].map((item) => item.what);
  for (const image of images()) {
    if (!image.complete) names.push(`image ${image.currentSrc || image.src}`);
  }
  for (const face of document.fonts) {
    if (face.status === "loading") names.push(nameOfFace(face));
  }
  return names;
}

export const isQuiet = () => requests.size === 0 && !workers.areBusy();

export const backgroundUrls = () => [...backgrounds.keys()];

export { failed, pending, prepare, waitingFor };
