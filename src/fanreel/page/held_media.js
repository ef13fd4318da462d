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
const states = new WeakMap();
const facts = new Map();
const waiting = new Set();

export const stateOf = (element) => states.get(element);

export const pending = () => [...waiting];

// ---- holding -----------------------------------------------------------------------------------
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

function silence(event) {
  if (event.isTrusted) event.stopImmediatePropagation();
}

// Gives the attribute *name* the value *ours* (null: none), and the page its own to read.
function keepWritten(element, state, name, ours) {
  const present = getAttribute.call(element, name);
  if (present === ours) return;
  state.written.set(name, present);
  if (ours === null) removeAttribute.call(element, name);
  else setAttribute.call(element, name, ours);
}

export const written = (element, name) => {
  const kept = states.get(element)?.written;
  return kept?.has(name) ? kept.get(name) : getAttribute.call(element, name);
};

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
export function urlOf(element) {
  const own = getAttribute.call(element, "src");
  const source = own ?? [...element.querySelectorAll("source[src]")].find(isPlayable)?.src;
  if (!source) return null;
  try {
    return new URL(source, document.baseURI).href;
  } catch {
    return null;
  }
}

function isPlayable(source) {
  const fits = !source.media || matchMedia(source.media).matches;
  return fits && (!source.type || source.parentNode.canPlayType(source.type) !== "");
}

// As the plan names sources: project files by their path.
function nameOf(url) {
  const { origin, href } = new URL(url);
  return origin === location.origin ? href.slice(origin.length + 1) : href;
}

// The noted fetch: readiness waits for these, and names what it waits for.
function ask(url) {
  if (/^(blob|data):/.test(url)) return null;
  if (!facts.has(url)) {
    const answer = fetch(`/__fanreel__/info/${encodeURIComponent(nameOf(url))}`)
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null);
    facts.set(url, answer);
  }
  return facts.get(url);
}

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

async function learn(element, state, info) {
  state.info = info;
  if (element instanceof HTMLVideoElement) await giveSize(element, state);
  for (const name of ["loadstart", ...LOADED]) fire(element, name);
  if (written(element, "autoplay") !== null) element.play();
}

// An empty poster of the video's size: so layout has its natural width, height and ratio.
async function giveSize(element, state) {
  const { width, height } = state.info;
  if (!width || !height) return;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"/>`;
  const poster = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  const image = new Image();
  image.src = poster;
  await image.decode().catch(() => {});
  keepWritten(element, state, "poster", poster);
  await clock.turn();
}

export function fire(element, name) {
  element.dispatchEvent(new Event(name));
}
