// Where `document.querySelector` and its kin look.
//
//   within(instance, fn)                fn() with the real document's look-ups inside the instance
//   outside(fn)                         fn() with look-ups in the whole page, as is the rule
//   enter(instance)                     the same as within, until the function it gives is called
//   query(instance, selector) what is below the instance's host, and the host
//   of(instance)                        {querySelector, getElementById, ...} for its scripts
//
// `within` is for what a library does on a script's behalf: GSAP, Anime.js and d3 resolve selector
// strings with the real document.

import * as selectors from "./selectors.js";

/** @import { Instance } from "./types.d.ts" */

const NAMES = [
  "querySelector",
  "querySelectorAll",
  "getElementById",
  "getElementsByClassName",
  "getElementsByTagName",
  "getElementsByName",
];
/** @type {Record<string, Function>} */
const functions = /** @type {any} */ (document);
const real = Object.fromEntries(NAMES.map((name) => [name, functions[name].bind(document)]));
/** @type {Instance | null} */
let current = null;

/**
 * @template T
 * @param {Instance | null} instance
 * @param {() => T} callback
 * @returns {T}
 */
function within(instance, callback) {
  const outer = current;
  current = instance;
  try {
    return callback();
  } finally {
    current = outer;
  }
}

// Our own code looks at the whole page, also when a nested script has called it.
/**
 * @template T
 * @param {() => T} callback
 */
function outside(callback) {
  return within(null, callback);
}

// For code that cannot be passed as a function; gives what ends it.
/** @param {Instance} instance */
function enter(instance) {
  const outer = current;
  current = instance;
  return () => {
    current = outer;
  };
}

// The host itself is found too: it is the composition's box, and `body` for its scripts.
/**
 * @param {Instance} instance
 * @param {string} selector
 */
function query(instance, selector) {
  const { host } = instance;
  const mapped = selectors.mapDocument(selector, instance);
  const below = host.querySelectorAll(mapped);
  if (host.matches(mapped)) return asNodeList([host, ...below]);
  return /^\s*head\b/i.test(selector) ? real.querySelectorAll(selector) : below;
}

/** @param {Element[]} elements */
function asNodeList(elements) {
  Object.defineProperty(elements, "item", {
    value: (/** @type {number} */ index) => elements[index] ?? null,
  });
  return elements;
}

/**
 * @param {Instance} instance
 * @returns {Record<string, (argument: string) => any>}
 */
const of = (instance) => ({
  querySelector: (selector) => query(instance, selector)[0] ?? null,
  querySelectorAll: (selector) => query(instance, selector),
  getElementById: (id) => query(instance, `#${CSS.escape(id)}`)[0] ?? null,
  getElementsByClassName: (names) => instance.host.getElementsByClassName(names),
  getElementsByTagName: (name) =>
    /^(html|body|head)$/i.test(name)
      ? query(instance, name)
      : instance.host.getElementsByTagName(name),
  getElementsByName: (name) => query(instance, `[name="${CSS.escape(name)}"]`),
});

for (const name of NAMES) {
  Object.defineProperty(document, name, {
    value: (/** @type {string} */ argument) =>
      current === null ? real[name](argument) : current.lookups[name](argument),
    configurable: true,
    writable: true,
  });
}

export { enter, of, outside, query, within };
