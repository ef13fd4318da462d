// Images of style sheets that move: backgrounds, masks, borders, list markers, content.
//
//   keyOf(url)            the key of such an image in the plan
//   describe()            what the planner has to know of those it plays, as media_list.js does
//   elements()            Map key -> an image outside the document that stands for it
//   await prepare(urls)   lets every style that names one of the plan's, or of *urls*,
//                         show what `show` says
//   adoptInline()         the same for styles that scripts have written since
//   show(key, url)        a promise: from then on *url* is seen in its place
//
// Where a style says url("x.gif") it says var(--fanreel-s-…, url("x.gif")) from here on, and the
// variable is set for each frame: so cascade, layers, pseudo-elements and classes stay as they are.
// An image runs from the start of the root, as one image for all that show it.

import * as animations from "./animations.js";
import { canvasOf } from "./canvas_2d.js";
import { fingerprint } from "./fingerprint.js";
import { fileOf, plays } from "./image_plays.js";
import { config, isRoot } from "./realm.js";
import * as resources from "./resources.js";
import { styleRules } from "./style_rules.js";

const KEY = "data-fanreel-media";
const URLS = /url\(\s*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|([^"'()\s]+))\s*\)/g;
const SHORTHANDS = ["background", "mask", "border-image", "list-style"];
const variables = new CSSStyleSheet();
variables.replaceSync(":root {}");
const adopted = new Map(); // url -> key
const standIns = new Map();
const shown = new Map(); // key -> the image whose file is seen

/** @param {string} url */
function keyOf(url) {
  const name = url.startsWith(`${location.origin}/`) ? url.slice(location.origin.length) : url;
  return `s-${fingerprint(name)}`;
}

// ---- planning --------------------------------------------------------------------------------------
async function describe() {
  const found = [];
  for (const url of resources.backgroundUrls()) {
    const times = await plays(url);
    if (times === 0) continue;
    found.push({
      key: keyOf(url),
      kind: "image",
      src: url,
      element: fileOf(url),
      ...{ group: null, fxChain: null, automation: null },
      ...{ startS: 0, durationS: null, offsetS: 0, rate: 1, ramp: null },
      ...{ laneStartS: 0, laneRate: 1, volume: 1, volumes: null },
      ...{ loop: times > 1, audible: false, shown: true },
    });
  }
  return found;
}

// ---- styles ----------------------------------------------------------------------------------------
/**
 * @param {string} value
 * @param {string} base
 */
function replaced(value, base) {
  return value.replace(URLS, (whole, double, single, bare) => {
    const written = (double ?? single ?? bare).replace(/\\(.)/g, "$1");
    const url = URL.canParse(written, base) ? new URL(written, base).href : null;
    const key = url === null ? undefined : adopted.get(url);
    if (url === null || key === undefined) return whole;
    return `var(--fanreel-${key}, url("${url.replace(/["\\]/g, "\\$&")}"))`;
  });
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {string} base
 */
function rewrite(style, base) {
  // What a shorthand with a variable in it comes to is not known by its longhands.
  const names = new Set([...style, ...SHORTHANDS]);
  for (const name of names) {
    const value = style.getPropertyValue(name);
    if (!value.includes("url(") || value.includes("--fanreel-s-")) continue;
    if (SHORTHANDS.includes(name) && !value.includes("var(")) continue;
    const now = replaced(value, base);
    if (now !== value) style.setProperty(name, now, style.getPropertyPriority(name));
  }
}

/** @param {CSSStyleSheet} sheet */
function rewriteSheet(sheet) {
  for (const { style, parentStyleSheet } of styleRules(sheet)) {
    rewrite(style, parentStyleSheet?.href ?? document.baseURI);
  }
}

/** @param {string[]} urls */
function adopt(urls) {
  let fresh = false;
  for (const url of urls) {
    if (adopted.has(url)) continue;
    adopted.set(url, keyOf(url));
    fresh = true;
  }
  if (adopted.size === 0) return;
  if (fresh && !document.adoptedStyleSheets.includes(variables)) {
    document.adoptedStyleSheets.push(variables);
  }
  for (const root of [document, ...animations.shadowRoots()]) {
    for (const sheet of [...root.styleSheets, ...root.adoptedStyleSheets]) rewriteSheet(sheet);
  }
  adoptInline();
}

function adoptInline() {
  if (adopted.size === 0) return;
  for (const root of [document, ...animations.shadowRoots()]) {
    /** @type {NodeListOf<HTMLElement>} */
    const styled = root.querySelectorAll('[style*="url("]');
    for (const { style } of styled) rewrite(style, document.baseURI);
  }
}

// ---- rendering -------------------------------------------------------------------------------------
// Of the plan's images those that this page names.
function planned() {
  const found = [];
  for (const url of isRoot ? resources.backgroundUrls() : []) {
    const key = keyOf(url);
    if (config.media?.[key] === undefined) continue;
    found.push(url);
    if (standIns.has(key)) continue;
    const image = new Image();
    image.setAttribute(KEY, key);
    standIns.set(key, image);
  }
  return found;
}

// While planning, and in iframes, there are no frames: the first picture stands for all.
async function hold() {
  if (config.media && isRoot) return;
  for (const url of resources.backgroundUrls()) {
    if (adopted.has(url) || (await plays(url)) === 0) continue;
    const picture = await firstPicture(url);
    if (!picture) continue;
    adopt([url]);
    await show(keyOf(url), picture);
  }
}

/** @param {string} url */
async function firstPicture(url) {
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    const [canvas, context] = canvasOf(image.naturalWidth, image.naturalHeight);
    context.drawImage(image, 0, 0);
    return canvas.toDataURL();
  } catch {
    return null; // of another origin: nobody may read its pixels
  }
}

/**
 * @param {string} key
 * @param {string} url
 */
async function show(key, url) {
  const image = new Image();
  image.src = url;
  await image.decode().catch(() => {});
  /** @type {CSSStyleRule} */ (variables.cssRules[0]).style.setProperty(
    `--fanreel-${key}`,
    `url("${url}")`,
  );
  shown.set(key, image); // in the browser's memory for as long as it is seen
}

export const elements = () => standIns;

/** @param {Element} element */
export const owns = (element) => standIns.get(element.getAttribute(KEY)) === element;

/** @param {string[]} urls */
export async function prepare(urls) {
  adopt([...planned(), ...urls]);
  await hold();
}

export { adoptInline, describe, keyOf, show };
