// Videos and sounds are held: no source is loaded and nothing plays.
//
//   watch(root)        holds every medium in *root* from now on
//   hold(element)      its state: {info, position, paused, written, url}
//   stateOf(element)   the same, if it is held
//   attend(element)    looks which source it has, and asks for what a player would know of it
//   urlOf(element), written(element, name)   its source; an attribute as the page has written it
//   pending()          promises for facts that have not arrived
//
// The browser never loads a source: `preload` is none and nothing plays. What a player would know
// of it (duration, size) the renderer answers under /__fanreel__/info/, in the planner's page and
// in the workers' alike; then the events come that scripts wait for. `src` stays as it is written.

import { clock } from "./clock.js";

/** @import { Facts, Held } from "./types.d.ts" */

const { setAttribute, removeAttribute, getAttribute } = Element.prototype;
export const LOADED = [
  "durationchange",
  "loadedmetadata",
  "loadeddata",
  "canplay",
  "canplaythrough",
];
// What Chromium says of an element whose source it was kept from loading.
const SILENCED = ["loadstart", "suspend", "stalled", "error", "abort", "emptied"];
const UNKNOWN = { durationS: null, width: 0, height: 0 };
/** @type {WeakMap<Element, Held>} */
const states = new WeakMap();
/** @type {Map<string, Promise<Facts | null>>} */
const facts = new Map();
/** @type {Set<Promise<unknown>>} */
const waiting = new Set();

/** @param {Element} element */
export const stateOf = (element) => states.get(element);

export const pending = () => [...waiting];

// ---- holding -----------------------------------------------------------------------------------
/**
 * @param {HTMLMediaElement} element
 * @returns {Held}
 */
export function hold(element) {
  let state = states.get(element);
  if (!state) {
    state = { written: new Map(), url: null, info: null, position: 0, paused: true };
    states.set(element, state);
    for (const name of SILENCED) element.addEventListener(name, silence, true);
  }
  keepWritten(element, state, "preload", "none");
  keepWritten(element, state, "autoplay", null);
  keepWritten(element, state, "controls", null); // nobody can press them
  return state;
}

/** @param {Event} event */
function silence(event) {
  if (event.isTrusted) event.stopImmediatePropagation();
}

// Gives the attribute *name* the value *ours* (null: none), and the page its own to read.
/**
 * @param {HTMLMediaElement} element
 * @param {Held} state
 * @param {string} name
 * @param {string | null} ours
 */
function keepWritten(element, state, name, ours) {
  const present = getAttribute.call(element, name);
  if (present === ours) return;
  state.written.set(name, present);
  if (ours === null) removeAttribute.call(element, name);
  else setAttribute.call(element, name, ours);
}

/**
 * @param {HTMLMediaElement} element
 * @param {string} name
 */
export const written = (element, name) => {
  const kept = states.get(element)?.written.get(name);
  return kept === undefined ? getAttribute.call(element, name) : kept;
};

/** @param {any} node */
function look(node) {
  if (node instanceof HTMLMediaElement) attend(node);
  else if (node.localName === "source" && node.parentNode instanceof HTMLMediaElement) {
    attend(node.parentNode);
  }
  for (const element of node.querySelectorAll?.("video, audio") ?? []) attend(element);
}

const observer = new MutationObserver((records) => {
  for (const { type, target, addedNodes } of records) {
    if (type === "attributes") look(target);
    else for (const node of addedNodes) look(node);
  }
});

/** @param {Document | ShadowRoot} root */
export function watch(root) {
  observer.observe(root, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["src", "autoplay", "controls", "preload"],
  });
  look(root);
}

// ---- facts about sources -------------------------------------------------------------------------
/** @param {HTMLMediaElement} element */
export function urlOf(element) {
  const own = getAttribute.call(element, "src");
  /** @type {NodeListOf<HTMLSourceElement>} */
  const sources = element.querySelectorAll("source[src]");
  const source = own ?? [...sources].find((source) => isPlayable(source, element))?.src;
  if (!source) return null;
  try {
    return new URL(source, document.baseURI).href;
  } catch {
    return null;
  }
}

/**
 * @param {HTMLSourceElement} source
 * @param {HTMLMediaElement} element
 */
function isPlayable({ media, type }, element) {
  return (!media || matchMedia(media).matches) && (!type || element.canPlayType(type) !== "");
}

// As the plan names sources: project files by their path.
/** @param {string} url */
function nameOf(url) {
  const { origin, href } = new URL(url);
  return origin === location.origin ? href.slice(origin.length + 1) : href;
}

// The noted fetch: readiness waits for these, and names what it waits for.
/**
 * @param {string} url
 * @returns {Promise<Facts | null> | null}
 */
function ask(url) {
  if (/^(blob|data):/.test(url)) return null;
  const known = facts.get(url);
  if (known) return known;
  const answer = fetch(`/__fanreel__/info/${encodeURIComponent(nameOf(url))}`)
    .then((response) => (response.ok ? response.json() : null))
    .catch(() => null);
  facts.set(url, answer);
  return answer;
}

/** @param {HTMLMediaElement} element */
export function attend(element) {
  const state = hold(element);
  const url = urlOf(element);
  if (url === state.url) return;
  state.url = url;
  state.info = null;
  state.position = 0;
  if (url === null) return;
  // Of a source that nobody knows a script shall still hear, or the page would wait for ever.
  const arrival = Promise.all([ask(url), parsed])
    .then(([info]) => (state.url === url ? learn(element, state, info ?? UNKNOWN) : undefined))
    .finally(() => waiting.delete(arrival));
  waiting.add(arrival);
}

// Scripts below an element in the document may still want to listen.
/** @type {Promise<void>} */
const parsed = new Promise((resolve) => {
  if (document.readyState !== "loading") resolve();
  else document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
});

/**
 * @param {HTMLMediaElement} element
 * @param {Held} state
 * @param {Facts} info
 */
async function learn(element, state, info) {
  state.info = info;
  if (element instanceof HTMLVideoElement) await giveSize(element, state, info);
  for (const name of ["loadstart", ...LOADED]) fire(element, name);
  if (written(element, "autoplay") !== null) element.play();
}

// An empty poster of the video's size: so layout has its natural width, height and ratio.
/**
 * @param {HTMLVideoElement} element
 * @param {Held} state
 * @param {Facts} info
 */
async function giveSize(element, state, { width, height }) {
  if (!width || !height) return;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"/>`;
  const poster = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  const image = new Image();
  image.src = poster;
  await image.decode().catch(() => {});
  keepWritten(element, state, "poster", poster);
  await clock.turn();
}

/**
 * @param {EventTarget} element
 * @param {string} name
 */
export function fire(element, name) {
  element.dispatchEvent(new Event(name));
}
