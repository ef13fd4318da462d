// `document` and `window` as the scripts of a nested composition see them.
//
//   documentOf(instance), windowOf(instance)
//   SCHEDULERS   functions of the window whose callbacks run inside the instance

/** @import { Instance } from "./types.d.ts" */

import * as assets from "./assets.js";
import * as bindings from "./bindings.js";
import { lastWritten, owners } from "./instances.js";
import { within } from "./lookups.js";
import { scopedLibrary } from "./scoped_gsap.js";
import * as sheets from "./sheets.js";

export const SCHEDULERS = ["setTimeout", "setInterval", "requestAnimationFrame", "queueMicrotask"];
/** @type {Record<PropertyKey, any>} */
const page = globalThis;
/** @type {WeakMap<object, any>} */
const originals = new WeakMap();
/** @param {any} value */
const unwrap = (value) => originals.get(value) ?? value;

// A native method wants its real receiver; constructors have a prototype and need none.
/** @param {any} target */
function receiver(target) {
  const kept = new Map();
  return (/** @type {PropertyKey} */ name) => {
    const value = Reflect.get(target, name, target);
    if (typeof value !== "function" || Object.hasOwn(value, "prototype")) return value;
    if (kept.get(name)?.value !== value) {
      const bound = (/** @type {any[]} */ ...args) => value.apply(target, args.map(unwrap));
      kept.set(name, { value, bound });
    }
    return kept.get(name).bound;
  };
}

/**
 * @param {any} target
 * @param {Record<PropertyKey, any>} overrides
 * @param {Record<PropertyKey, Function>} setters
 */
function proxyOf(target, overrides, setters = {}) {
  const read = receiver(target);
  const proxy = new Proxy(target, {
    get: (_, name) => (Object.hasOwn(overrides, name) ? overrides[name] : read(name)),
    set: (_, name, value) => {
      if (Object.hasOwn(setters, name)) setters[name](value);
      else if (setters["*"]) setters["*"](name, value);
      else Reflect.set(target, name, value, target);
      return true;
    },
  });
  originals.set(proxy, target);
  return proxy;
}

// The one common place where a script hands its document to the browser.
const { observe } = MutationObserver.prototype;
MutationObserver.prototype.observe = function observeReal(target, options) {
  return observe.call(this, unwrap(target), options);
};

// `DOMContentLoaded` and `load` are long past: such listeners run when the instance's scripts have.
/**
 * @param {EventTarget} target
 * @param {Instance} instance
 */
function listen(target, instance) {
  return (/** @type {string} */ type, /** @type {any} */ listener, /** @type {any} */ options) => {
    const late = type === "DOMContentLoaded" || (type === "load" && target === window);
    if (late) instance.onready?.push(() => callListener(listener, type, instance));
    else target.addEventListener(type, scoped(instance, listener), options);
  };
}

/**
 * @param {any} listener
 * @param {string} type
 * @param {Instance} instance
 */
function callListener(listener, type, instance) {
  const event = new Event(type);
  if (typeof listener === "function") listener.call(instance.realm.window, event);
  else listener?.handleEvent?.(event);
}

const wrappers = new WeakMap();
/**
 * @param {Instance} instance
 * @param {any} callback
 */
function scoped(instance, callback) {
  if (typeof callback !== "function") return callback;
  const known = wrappers.get(callback);
  if (known?.instance === instance) return known.wrapper;
  /**
   * @this {unknown}
   * @param {any[]} args
   */
  const wrapper = function (...args) {
    return within(instance, () => callback.apply(this, args));
  };
  wrappers.set(callback, { instance, wrapper });
  return wrapper;
}

/** @param {Instance} instance */
export function documentOf(instance) {
  const { host } = instance;
  /** @type {Record<string, any>} */
  const overrides = {
    ...instance.lookups,
    addEventListener: listen(document, instance),
    removeEventListener: (
      /** @type {string} */ type,
      /** @type {any} */ listener,
      /** @type {any} */ options,
    ) => document.removeEventListener(type, wrappers.get(listener)?.wrapper ?? listener, options),
    createElement: (/** @type {string} */ name, /** @type {any} */ options) =>
      tagSheet(instance, document.createElement(name, options)),
    createElementNS: (
      /** @type {string} */ space,
      /** @type {string} */ name,
      /** @type {any} */ options,
    ) => tagSheet(instance, document.createElementNS(space, name, options)),
  };
  const getters = {
    body: () => host,
    documentElement: () => host,
    currentScript: () => instance.currentScript,
    defaultView: () => instance.realm.window,
  };
  for (const [name, get] of Object.entries(getters)) {
    Object.defineProperty(overrides, name, { get, enumerable: true });
  }
  return proxyOf(document, overrides);
}

// A style sheet made by an instance's script is scoped wherever it is inserted.
/**
 * @param {Instance} instance
 * @param {any} element
 */
function tagSheet(instance, element) {
  if (/^(style|link)$/i.test(element.localName)) sheets.owners.set(element, instance);
  return element;
}

const timelineBoxes = new WeakMap();
// `window.__timelines[id] = timeline` lands in the instance's registry and in the page's.
/**
 * @param {Instance} instance
 * @param {Record<PropertyKey, any>} object
 */
function registry(instance, object) {
  if (!timelineBoxes.has(object)) {
    const box = new Proxy(object, {
      // Other compositions' are visible by their names, as they are on one page.
      get: (target, id) => (id in target ? target[id] : globalThis.__timelines?.[id]),
      set: (target, id, timeline) => {
        target[id] = timeline;
        publish(instance, id, timeline);
        return true;
      },
    });
    timelineBoxes.set(object, box);
  }
  return timelineBoxes.get(object);
}

/**
 * @param {Instance} instance
 * @param {PropertyKey} id
 * @param {any} timeline
 */
function publish(instance, id, timeline) {
  page.__timelines ??= {};
  page.__timelines[id] = timeline;
  if (timeline !== null && typeof timeline === "object") owners.set(timeline, instance);
}

/** @param {Instance} instance */
export function windowOf(instance) {
  const written = new Map();
  const hyperframes = new Proxy(page.__hyperframes, {
    get: (target, name) =>
      name === "getVariables"
        ? () => bindings.getVariables(instance.scope ?? undefined)
        : target[name],
  });
  /** @type {Record<string, any>} */
  const overrides = {
    addEventListener: listen(window, instance),
    removeEventListener: (
      /** @type {string} */ type,
      /** @type {any} */ listener,
      /** @type {any} */ options,
    ) => window.removeEventListener(type, wrappers.get(listener)?.wrapper ?? listener, options),
    fetch: (/** @type {any} */ input, /** @type {any} */ init) => fetchFrom(instance, input, init),
  };
  for (const name of SCHEDULERS) overrides[name] = scheduler(instance, name);
  overrides.requestIdleCallback = scheduler(instance, "requestIdleCallback");
  const getters = {
    document: () => instance.realm.document,
    __timelines: () => registry(instance, instance.timelines),
    __hyperframes: () => hyperframes,
    gsap: () => scopedLibrary(instance, page.gsap),
    hyperframesAnime: () => animeOf(instance),
    ...Object.fromEntries(
      ["window", "self", "globalThis", "frames", "parent", "top"].map((name) => [
        name,
        () => instance.realm.window,
      ]),
    ),
  };
  for (const [name, get] of Object.entries(getters)) {
    Object.defineProperty(overrides, name, { get, enumerable: true });
  }
  const setters = {
    __timelines: (/** @type {any} */ value) => {
      const entries = Object.entries(value ?? {});
      if (value === timelineBoxes.get(instance.timelines)) return;
      instance.timelines = value ?? {};
      for (const [id, timeline] of entries) publish(instance, id, timeline);
    },
    __hyperframes: () => {},
    onload: (/** @type {any} */ listener) =>
      instance.onready?.push(() => callListener(listener, "load", instance)),
    // Libraries read globals, so a write reaches the page; the instance keeps reading its own, as
    // long as only instances have written that name.
    "*": (/** @type {PropertyKey} */ name, /** @type {any} */ value) => {
      page[name] = value;
      written.set(name, value);
      lastWritten.set(name, value);
    },
  };
  const base = proxyOf(window, overrides, setters);
  const proxy = new Proxy(base, {
    get: (target, name) => {
      if (written.has(name) && lastWritten.get(name) === page[name]) {
        return written.get(name);
      }
      return target[name];
    },
    set: (target, name, value) => Reflect.set(target, name, value),
  });
  originals.set(proxy, window);
  return proxy;
}

// Anime.js counts in milliseconds; in the registry it is a timeline like any other.
/** @param {Instance} instance */
const animeOf = (instance) => ({
  ...page.hyperframesAnime,
  /**
   * @param {string} id
   * @param {any} animation
   */
  register(id, animation) {
    animation?.pause?.();
    instance.realm.window.__timelines[id] = {
      duration: () => animation.duration / 1000,
      seek: (/** @type {number} */ seconds) => animation.seek(seconds * 1000),
    };
    return animation;
  },
});

/** @type {(instance: Instance, name: string) => (callback: any, ...args: any[]) => any} */
const scheduler =
  (instance, name) =>
  (callback, ...args) =>
    page[name](scoped(instance, callback), ...args);

/**
 * @param {Instance} instance
 * @param {any} input
 * @param {any} init
 */
function fetchFrom(instance, input, init) {
  const target =
    typeof input === "string" ? assets.resolve(input, /** @type {string} */ (instance.url)) : input;
  return globalThis.fetch(target, init);
}
