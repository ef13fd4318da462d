// Videos and sounds as the page's scripts see them: loaded, at the frame's time, never playing.
//
//   watch(root)         holds every medium in *root* from now on
//   stateOf(element)    {info, position, paused, ...} of a held medium
//   entryOf(element)    the plan's clip of this element, or null
//   timeS(element)      time in the source that the element shows
//   isActive(element) the clock stands inside its clip
//   pending()           promises for facts that have not arrived
//
// The browser never loads a source: `preload` is none and nothing plays. What a player would know
// of it (duration, size) the renderer answers under /__fanreel__/info/, in the planner's page and
// in the workers' alike; then the events come that scripts wait for. `src` stays as it is written.

import { clips } from "./clips.js";
import { clock } from "./clock.js";
import * as ramps from "./ramps.js";
import { config, isRoot } from "./realm.js";

const media = HTMLMediaElement.prototype;
const video = HTMLVideoElement.prototype;
const { setAttribute, removeAttribute, getAttribute, hasAttribute } = Element.prototype;
const { createElement } = Document.prototype;
const { attachShadow } = Element.prototype;
const KEY = "data-fanreel-media";
// Attributes of which the element has another value than the page has written.
const KEPT = ["preload", "autoplay", "controls", "poster"];
const LOADED = ["durationchange", "loadedmetadata", "loadeddata", "canplay", "canplaythrough"];
// What Chromium says of an element whose source it was kept from loading.
const SILENCED = ["loadstart", "suspend", "stalled", "error", "abort", "emptied"];
const UNKNOWN = { durationS: null, width: 0, height: 0 };
const states = new WeakMap();
const facts = new Map();
const waiting = new Set();

// ---- holding -----------------------------------------------------------------------------------
function hold(element) {
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

const written = (element, name) => {
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

function watch(root) {
  observer.observe(root, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["src", "autoplay", "controls", "preload"],
  });
  look(root);
}

// ---- facts about sources -------------------------------------------------------------------------
function urlOf(element) {
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

function attend(element) {
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

function fire(element, name) {
  element.dispatchEvent(new Event(name));
}

// ---- times ---------------------------------------------------------------------------------------
const entryOf = (element) => {
  if (!isRoot) return null; // keys are those of the root's document
  return config.media?.[getAttribute.call(element, KEY)] ?? null;
};

function durationS(element) {
  return states.get(element)?.info?.durationS ?? entryOf(element)?.sourceDurationS ?? null;
}

function isActive(element) {
  const entry = entryOf(element);
  if (!entry) return clips.sourceTimeS(element) !== null;
  // A frame that is 1/10000 of a frame late is on time, as clips.js counts.
  const slack = (0.1 * (config.fpsDen ?? 1)) / (config.fpsNum ?? 30);
  const passed = clock.now - entry.startMs;
  return passed >= -slack && passed < entry.durationMs - slack;
}

function runningS(element) {
  const entry = entryOf(element);
  if (entry?.ramp) {
    const { points, startMs, rate } = entry.ramp;
    const localS = ((Math.max(clock.now, entry.startMs) - startMs) * rate) / 1000;
    return ramps.passed(points, localS) + entry.offsetMs / 1000;
  }
  if (entry) {
    return (Math.max(clock.now - entry.startMs, 0) * entry.rate + entry.offsetMs) / 1000;
  }
  return clips.sourceTimeS(element);
}

function timeS(element) {
  const time = runningS(element) ?? states.get(element)?.position ?? 0;
  const length = durationS(element);
  if (!(length > 0)) return time;
  if (!element.loop) return Math.min(time, length);
  const from = (entryOf(element)?.offsetMs ?? 0) / 1000;
  const lap = from < length ? length - from : length;
  return time < length ? time : (from % length) + ((time - from) % lap);
}

const isOver = (element) => {
  const length = durationS(element);
  return length > 0 && !element.loop && (runningS(element) ?? 0) >= length;
};

// ---- what scripts read ---------------------------------------------------------------------------
function define(prototype, name, get, set) {
  const native = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, { ...native, get, set: set ?? native?.set });
}

function replace(prototype, name, value) {
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
}

const known = (element) => states.get(element)?.info ?? null;

function ranges(element) {
  const end = durationS(element);
  const count = known(element) && end ? 1 : 0;
  const inside = (index) => {
    if (index >= count) throw new DOMException("index out of range", "IndexSizeError");
  };
  return {
    length: count,
    start: (index) => {
      inside(index);
      return 0;
    },
    end: (index) => {
      inside(index);
      return end;
    },
  };
}

define(
  media,
  "currentTime",
  function currentTime() {
    return timeS(this);
  },
  function seekTo(value) {
    // The renderer owns the position of clips; scripts that wait for the seek go on all the same.
    if (runningS(this) === null) hold(this).position = Math.max(Number(value) || 0, 0);
    later(this, ["seeking", "timeupdate", "seeked"]);
  },
);
define(media, "duration", function duration() {
  return durationS(this) ?? Number.NaN;
});
define(media, "readyState", function readyState() {
  return known(this) ? media.HAVE_ENOUGH_DATA : media.HAVE_NOTHING;
});
define(media, "networkState", function networkState() {
  return states.get(this)?.url ? media.NETWORK_IDLE : media.NETWORK_EMPTY;
});
define(media, "currentSrc", function currentSrc() {
  return states.get(this)?.url ?? urlOf(this) ?? "";
});
define(media, "paused", function paused() {
  if (runningS(this) === null) return states.get(this)?.paused ?? true;
  return !isActive(this) || isOver(this);
});
define(media, "ended", function ended() {
  return isOver(this);
});
// A live stream would play by the wall clock, and keep the document from being loaded.
define(
  media,
  "srcObject",
  function srcObject() {
    return states.get(this)?.stream ?? null;
  },
  function giveStream(value) {
    hold(this).stream = value;
  },
);
define(media, "error", () => null);
define(media, "seeking", () => false);
for (const name of ["buffered", "seekable", "played"]) {
  define(media, name, function range() {
    return ranges(this);
  });
}
define(
  media,
  "preload",
  function preload() {
    return written(this, "preload") ?? "auto";
  },
  function setPreload(value) {
    hold(this).written.set("preload", String(value));
  },
);
for (const name of ["autoplay", "controls"]) {
  define(
    media,
    name,
    function reflected() {
      return written(this, name) !== null;
    },
    function reflect(value) {
      hold(this).written.set(name, value ? "" : null);
    },
  );
}
define(video, "videoWidth", function videoWidth() {
  return known(this)?.width ?? 0;
});
define(video, "videoHeight", function videoHeight() {
  return known(this)?.height ?? 0;
});
define(video, "poster", function poster() {
  const value = written(this, "poster");
  return value ? new URL(value, document.baseURI).href : "";
});
replace(media, "getAttribute", function attribute(name) {
  const plain = String(name).toLowerCase();
  return KEPT.includes(plain) ? written(this, plain) : getAttribute.call(this, name);
});
replace(media, "hasAttribute", function has(name) {
  const plain = String(name).toLowerCase();
  return KEPT.includes(plain) ? written(this, plain) !== null : hasAttribute.call(this, name);
});

// ---- what scripts do -------------------------------------------------------------------------------
// On the page's clock, so that nothing depends on how long the browser takes.
function later(element, names) {
  globalThis.setTimeout(() => {
    for (const name of names) fire(element, name);
  }, 0);
}

replace(media, "play", function play() {
  const state = hold(this);
  if (state.paused) later(this, ["play", "playing"]);
  state.paused = false;
  return Promise.resolve();
});
replace(media, "pause", function pause() {
  const state = hold(this);
  if (!state.paused) later(this, ["pause"]);
  state.paused = true;
});
replace(media, "load", function load() {
  attend(this);
  if (known(this)) later(this, ["loadstart", ...LOADED]);
});
replace(media, "fastSeek", function fastSeek(value) {
  this.currentTime = value;
});

// Elements that are never put into the document are held from their making.
Document.prototype.createElement = function createElementHeld(...args) {
  const element = createElement.apply(this, args);
  if (element instanceof HTMLMediaElement) hold(element);
  return element;
};
const RealAudio = globalThis.Audio;
globalThis.Audio = /** @type {any} */ (
  function Audio(src) {
    const element = document.createElement("audio");
    if (src !== undefined) element.src = src;
    attend(element);
    return element;
  }
);
globalThis.Audio.prototype = RealAudio.prototype;

Element.prototype.attachShadow = function attachShadowWatched(...args) {
  const root = attachShadow.apply(this, args);
  watch(root);
  return root;
};

watch(document);
export const stateOf = (element) => states.get(element);

export const pending = () => [...waiting];

export { entryOf, isActive, timeS, watch };
