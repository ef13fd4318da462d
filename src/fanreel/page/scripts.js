// Runs the scripts of nested compositions, once per mount.
//
//   await scripts.run(instances)     of freshly mounted instances, in document order
//   scripts.pending                  names of what is being loaded
//
// A library is loaded once per page, whoever asks for it. A script file that speaks of timelines or
// variables belongs to the composition and runs for each mount, as inline scripts do.

/** @import { Instance } from "./types.d.ts" */
/** @import { Script } from "./scoped_realm.js" */
/** @typedef {Instance & {url: string}} FromFile */
/** @typedef {{message: string, file?: string | null, line?: number | null, isSyntax?: boolean}} Failure */

import * as assets from "./assets.js";
import { fail } from "./instances.js";
import * as modules from "./modules.js";
import * as scopedRealm from "./scoped_realm.js";
import { isComposition, lineIn } from "./script_text.js";
import { messageOf, nameOf } from "./thrown.js";

const CLASSIC = /^(|(text|application)\/(x-)?(java|ecma)script|text\/(jscript|livescript))$/i;
/** @type {Map<string, Promise<void>>} */
const libraries = new Map();
const waits = new Map();

/**
 * @template T
 * @param {string} what
 * @param {Promise<T>} promise
 */
function waitFor(what, promise) {
  const token = Symbol(what);
  waits.set(token, what);
  return promise.finally(() => waits.delete(token));
}

/**
 * @param {any} error
 * @param {string} name
 */
function lineOf(error, name) {
  const line = String(error?.stack ?? "")
    .split(`${name}:`)[1]
    ?.match(/^\d+/)?.[0];
  return line ? Number(line) : null;
}

/**
 * @param {Instance} instance
 * @param {unknown} error
 * @param {string} name
 */
function report(instance, error, name) {
  const line = lineOf(error, name);
  const place = line === null ? "" : ` (line ${line})`;
  failCode(instance, {
    message: `${name}: ${nameOf(error)}${place}`,
    file: name,
    line,
    isSyntax: error instanceof SyntaxError,
  });
}

/**
 * @param {Instance} instance
 * @param {Failure} failure
 */
const failCode = (instance, { message, ...more }) =>
  fail(instance, "script-threw", message, { isCode: true, ...more });

// ---- one script --------------------------------------------------------------------------
/**
 * @param {string} url
 * @returns {Promise<void>}
 */
function loadLibrary(url) {
  const known = libraries.get(url);
  if (known) return known;
  const present = [...document.scripts].some(
    (script) => script.src === url && !script.closest("[data-fanreel-host]"),
  );
  const ended = present ? Promise.resolve() : waitFor(`script ${url}`, insert(url));
  libraries.set(url, ended);
  return ended;
}

/** @param {string} url */
function insert(url) {
  const script = document.createElement("script");
  script.src = url;
  script.async = false;
  document.head.append(script);
  /** @type {Promise<void>} */
  const loaded = new Promise((resolve, reject) => {
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error("could not be loaded")));
  });
  return loaded;
}

/**
 * @param {Instance} instance
 * @param {Element} element
 */
async function runFile(instance, element) {
  const url = new URL(/** @type {string} */ (element.getAttribute("src")), document.baseURI);
  const name = assets.nameOf(url.href);
  try {
    const code = url.origin === assets.origin ? assets.read(url.href) : "";
    if (!isComposition(code)) return await loadLibrary(url.href);
    runCode(instance, { code, element, name, line: 1, share: true });
  } catch (error) {
    fail(instance, "script-threw", `script ${name}: ${messageOf(error)}`, { file: name });
  }
}

/**
 * @param {Instance} instance
 * @param {Script} script
 */
function runCode(instance, script) {
  const error = scopedRealm.run(instance, script);
  if (error) report(instance, error, script.name);
}

// What a script imports by itself starts at its file, as what a module imports does.
/**
 * @param {FromFile} instance
 * @param {Element} element
 * @param {boolean} share
 */
function runInline(instance, element, share) {
  const written = element.textContent ?? "";
  const code = modules.rebaseDynamic(written, instance.url);
  const name = assets.nameOf(instance.url);
  runCode(instance, { code, element, name, line: lineIn(instance, written), share });
}

// ---- all of them -------------------------------------------------------------------------
/** @param {Element} element */
function kindOf(element) {
  const type = (element.getAttribute("type") ?? "").trim().toLowerCase();
  if (type === "module" || type === "importmap") return type;
  return CLASSIC.test(type) && !element.hasAttribute("nomodule") ? "classic" : "data";
}

/**
 * @param {FromFile[]} instances
 * @returns {{element: Element, kind: string, instance: FromFile}[]}
 */
function collect(instances) {
  /** @type {Map<Element | null, FromFile>} */
  const fresh = new Map(instances.map((instance) => [instance.host, instance]));
  return [...document.querySelectorAll("[data-fanreel-host] script")]
    .map((element) => ({
      element,
      kind: kindOf(element),
      instance: /** @type {FromFile} */ (fresh.get(element.closest("[data-fanreel-host]"))),
    }))
    .filter(({ instance, kind }) => instance && kind !== "data");
}

/** @param {FromFile[]} instances */
async function run(instances) {
  const all = collect(instances);
  const of = (/** @type {string} */ kind) => all.filter((item) => item.kind === kind);
  for (const item of of("importmap")) {
    const failure = modules.map(item);
    if (failure) failCode(item.instance, failure);
  }
  for (const { instance, element } of of("classic")) {
    const share = of("classic").filter((item) => item.instance === instance).length > 1;
    if (element.hasAttribute("src")) await runFile(instance, element);
    else runInline(instance, element, share);
  }
  for (const item of of("module")) {
    const name = assets.nameOf(item.instance.url);
    const failure = await waitFor(`${name}: a module`, Promise.resolve(modules.run(item)));
    if (failure) failCode(item.instance, failure);
  }
  for (const instance of instances) {
    const name = assets.nameOf(instance.url);
    for (const error of scopedRealm.ready(instance)) report(instance, error, name);
  }
}

export const pending = () => [...waits.values()];

export { run };
