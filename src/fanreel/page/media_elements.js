// Videos and sounds as the page's scripts see them: loaded, at the frame's time, never playing.

import { attend, fire, hold, LOADED, stateOf, urlOf, watch, written } from "./held_media.js";
import { durationS, isActive, isOver, runningS, timeS } from "./media_times.js";

const media = HTMLMediaElement.prototype;
const video = HTMLVideoElement.prototype;
const { getAttribute, hasAttribute } = Element.prototype;
const { createElement } = Document.prototype;
const { attachShadow } = Element.prototype;
// Attributes of which the element has another value than the page has written.
const KEPT = ["preload", "autoplay", "controls", "poster"];

// ---- what scripts read ---------------------------------------------------------------------------
/**
 * @template T
 * @param {T} prototype
 * @param {string} name
 * @param {(this: T) => unknown} get
 * @param {(this: T, value: any) => void} [set]
 */
function define(prototype, name, get, set) {
  const native = Object.getOwnPropertyDescriptor(prototype, name);
  Object.defineProperty(prototype, name, { ...native, get, set: set ?? native?.set });
}

/**
 * @template T
 * @param {T} prototype
 * @param {string} name
 * @param {(this: T, ...args: any[]) => unknown} value
 */
function replace(prototype, name, value) {
  Object.defineProperty(prototype, name, { configurable: true, writable: true, value });
}

/** @param {HTMLMediaElement} element */
const known = (element) => stateOf(element)?.info ?? null;

/** @param {HTMLMediaElement} element */
function ranges(element) {
  const end = durationS(element);
  const count = known(element) && end ? 1 : 0;
  const inside = (/** @type {number} */ index) => {
    if (index >= count) throw new DOMException("index out of range", "IndexSizeError");
  };
  return {
    length: count,
    start: (/** @type {number} */ index) => {
      inside(index);
      return 0;
    },
    end: (/** @type {number} */ index) => {
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
  return stateOf(this)?.url ? media.NETWORK_IDLE : media.NETWORK_EMPTY;
});
define(media, "currentSrc", function currentSrc() {
  return stateOf(this)?.url ?? urlOf(this) ?? "";
});
define(media, "paused", function paused() {
  if (runningS(this) === null) return stateOf(this)?.paused ?? true;
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
    return stateOf(this)?.stream ?? null;
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
/**
 * @param {HTMLMediaElement} element
 * @param {string[]} names
 */
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
/** @param {Parameters<Document["createElement"]>} args */
Document.prototype.createElement = function createElementHeld(...args) {
  const element = createElement.apply(this, args);
  if (element instanceof HTMLMediaElement) hold(element);
  return element;
};
const RealAudio = globalThis.Audio;
globalThis.Audio = /** @type {any} */ (
  function Audio(/** @type {string | undefined} */ src) {
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
