// Runs the scripts of nested compositions, once per mount.
//
//   await scripts.run(instances)     of freshly mounted instances, in document order
//   scripts.pending                  names of what is being loaded
//
// A library is loaded once per page, whoever asks for it. A script file that speaks of timelines or
// variables belongs to the composition and runs for each mount, as inline scripts do.

import * as assets from "./assets.js";
import { fail } from "./instances.js";
import * as modules from "./modules.js";
import * as scopedRealm from "./scoped_realm.js";
import { isComposition, lineIn } from "./script_text.js";
import { messageOf, nameOf } from "./thrown.js";

const CLASSIC = /^(|(text|application)\/(x-)?(java|ecma)script|text\/(jscript|livescript))$/i;
const libraries = new Map();
const waits = new Map();

function waitFor(what, promise) {
  const token = Symbol(what);
  waits.set(token, what);
  return promise.finally(() => waits.delete(token));
}

function lineOf(error, name) {
  const line = String(error?.stack ?? "")
    .split(`${name}:`)[1]
    ?.match(/^\d+/)?.[0];
  return line ? Number(line) : null;
}

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

const failCode = (instance, { message, ...more }) =>
  fail(instance, "script-threw", message, { isCode: true, ...more });

// ---- one script --------------------------------------------------------------------------
function loadLibrary(url) {
  if (libraries.has(url)) return libraries.get(url);
  const present = [...document.scripts].some(
    (script) => script.src === url && !script.closest("[data-fanreel-host]"),
  );
  const ended = present ? Promise.resolve() : waitFor(`script ${url}`, insert(url));
  libraries.set(url, ended);
  return ended;
}

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

async function runFile(instance, element) {
  const url = new URL(element.getAttribute("src"), document.baseURI);
  const name = assets.nameOf(url.href);
  try {
    const code = url.origin === assets.origin ? assets.read(url.href) : "";
    if (!isComposition(code)) return await loadLibrary(url.href);
    runCode(instance, { code, element, name, line: 1, share: true });
  } catch (error) {
    fail(instance, "script-threw", `script ${name}: ${messageOf(error)}`, { file: name });
  }
}

function runCode(instance, script) {
  const error = scopedRealm.run(instance, script);
  if (error) report(instance, error, script.name);
}

// What a script imports by itself starts at its file, as what a module imports does.
function runInline(instance, element, share) {
  const written = element.textContent;
  const code = modules.rebaseDynamic(written, instance.url);
  const name = assets.nameOf(instance.url);
  runCode(instance, { code, element, name, line: lineIn(instance, written), share });
}

// ---- all of them -------------------------------------------------------------------------
function kindOf(element) {
  const type = (element.getAttribute("type") ?? "").trim().toLowerCase();
  if (type === "module" || type === "importmap") return type;
  return CLASSIC.test(type) && !element.hasAttribute("nomodule") ? "classic" : "data";
}

function collect(instances) {
  const fresh = new Map(instances.map((instance) => [instance.host, instance]));
  return [...document.querySelectorAll("[data-fanreel-host] script")]
    .map((element) => ({
      element,
      kind: kindOf(element),
      instance: fresh.get(element.closest("[data-fanreel-host]")),
    }))
    .filter(({ instance, kind }) => instance && kind !== "data");
}

async function run(instances) {
  const all = collect(instances);
  const of = (kind) => all.filter((item) => item.kind === kind);
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
