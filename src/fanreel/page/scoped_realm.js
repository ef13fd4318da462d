// Runs a nested composition's scripts so that they see their own instance.
//
//   open(instance)    makes instance.realm: {document, window}
//   run(instance, {code, element, name, line, share})   null, or the error
//   ready(instance)   runs what waited for the document; the errors
//   names             what a module has to take from instance.realm.window
//
// The names a script writes itself (`document`, `window`, `gsap`, `__timelines`, timers) are
// parameters of the function it is evaluated in, so they hold in every callback, also after an
// await. What libraries look up on its behalf is the matter of lookups.js.

/** @import { Instance } from "./types.d.ts" */

import * as assets from "./assets.js";
import { topLevel } from "./declarations.js";
import * as lookups from "./lookups.js";
import { documentOf, SCHEDULERS, windowOf } from "./scoped_globals.js";

/**
 * @typedef {object} Script
 * @property {string} code
 * @property {Element | null} element
 * @property {string} name
 * @property {number} line From 1.
 * @property {boolean} share Whether later scripts see its declarations.
 */

const { within } = lookups;
const PARAMETERS = [
  "document",
  "window",
  "self",
  "globalThis",
  "parent",
  "top",
  "__timelines",
  "__hyperframes",
  "hyperframesAnime",
  ...SCHEDULERS,
  "requestIdleCallback",
  "fetch",
  "addEventListener",
];

// One generator per instance: what a sloppy direct eval declares with `var` or `function` stays
// in the generator's own scope, so an instance's scripts share it as scripts of a page do, and no
// two instances meet.
/** @param {Instance} instance */
function evaluator(instance) {
  const values = PARAMETERS.map((name) => instance.realm.window[name]);
  const body = "return (function* () { for (;;) eval(yield); }).call(window)";
  const start = new Function(...PARAMETERS, body);
  const loop = start.apply(undefined, values);
  loop.next();
  return loop;
}

// `const`, `let` and `class` at the top level of one script are visible in the next one, which
// eval does not give: they become `var` where an instance has several scripts.
/** @param {string} code */
function shareDeclarations(code) {
  const found = topLevel(code);
  let result = "";
  let end = 0;
  for (const { at, length, replacement } of found) {
    result += code.slice(end, at) + replacement;
    end = at + length;
  }
  return result + code.slice(end);
}

/**
 * @param {Instance} instance
 * @param {Script} script
 */
function run(instance, { code, element, name, line, share }) {
  const source = (share ? shareDeclarations(code) : code).replaceAll("\0", "");
  const padded = `${"\n".repeat(Math.max(line - 1, 0))}${source}\n//# sourceURL=${name}`;
  const { realm } = instance;
  realm.loop ??= evaluator(instance);
  instance.currentScript = element;
  try {
    // Not a parameter: it may come with a library that an earlier script loads.
    if (/** @type {any} */ (globalThis).gsap) realm.loop.next("var gsap = window.gsap;");
    within(instance, () => realm.loop.next(padded));
    return null;
  } catch (error) {
    realm.loop = null; // a generator that threw is finished
    return error;
  } finally {
    instance.currentScript = null;
  }
}

/** @param {Instance} instance */
function open(instance) {
  instance.onready = [];
  instance.currentScript = null;
  instance.lookups = lookups.of(instance);
  instance.realm = { loop: null };
  instance.realm.document = documentOf(instance);
  instance.realm.window = windowOf(instance);
}

// <body onload="...">
/**
 * @param {Instance} instance
 * @param {string} code
 */
function runWhenReady(instance, code) {
  const name = assets.nameOf(/** @type {string} */ (instance.url));
  instance.onready?.push(() => {
    const error = run(instance, { code, element: null, name, line: 1, share: false });
    if (error) throw error;
  });
}

// The listeners that waited for the document, run once the instance's scripts have.
/** @param {Instance} instance */
function ready(instance) {
  const failures = [];
  for (const call of instance.onready?.splice(0) ?? []) {
    try {
      within(instance, call);
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

export { open, PARAMETERS as names, ready, run, runWhenReady };
