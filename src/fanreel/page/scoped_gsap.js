// GSAP as a nested composition sees it: selector strings mean its own elements.
//
//   scopedGsap(instance, gsap)     a stand-in for the library, the same every time
//
// Timelines are used long after the script that made them, in callbacks and after awaits, so those
// made here carry their instance with them.

/** @import { Instance } from "./types.d.ts" */

import * as lookups from "./lookups.js";

const { within } = lookups;
const libraries = new WeakMap();
/**
 * @param {Instance} instance
 * @param {any} library
 */
function scopedLibrary(instance, library) {
  if (!library) return library;
  const known = libraries.get(instance)?.get(library);
  if (known) return known;
  const proxy = new Proxy(library, {
    get: (target, name) => {
      const value = target[name];
      if (name === "utils") return scopedLibrary(instance, value);
      if (typeof value !== "function") return value;
      // The same value every time, and one that a plugin may still ask for its properties.
      return scopedFunction(instance, value, target);
    },
  });
  if (!libraries.has(instance)) libraries.set(instance, new WeakMap());
  libraries.get(instance).set(library, proxy);
  return proxy;
}

const functions = new WeakMap();
/**
 * @param {Instance} instance
 * @param {Function} value
 * @param {any} target
 */
function scopedFunction(instance, value, target) {
  if (!functions.has(instance)) functions.set(instance, new WeakMap());
  const known = functions.get(instance);
  if (!known.has(value)) {
    known.set(
      value,
      new Proxy(value, {
        apply: (fn, self, args) => {
          const result = within(instance, () => fn.apply(self === undefined ? self : target, args));
          return isTimeline(result) ? scopedTimeline(instance, result) : result;
        },
      }),
    );
  }
  return known.get(value);
}

/** @param {any} value */
const isTimeline = (value) => typeof value?.fromTo === "function" && "getChildren" in value;

/**
 * @param {Instance} instance
 * @param {any} timeline
 */
function scopedTimeline(instance, timeline) {
  if (Object.hasOwn(timeline, "fromTo")) return timeline;
  for (const name of ["to", "from", "fromTo", "set", "add", "call", "seek", "time", "totalTime"]) {
    const method = timeline[name];
    if (typeof method !== "function") continue;
    Object.defineProperty(timeline, name, {
      /** @param {any[]} args */
      value(...args) {
        return within(instance, () => method.apply(this, args));
      },
      configurable: true,
      writable: true,
    });
  }
  return timeline;
}

export { scopedLibrary };
