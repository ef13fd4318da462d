// Runs the `type="module"` scripts of nested compositions, once per mount.
//
//   map({instance, element})           null, or what went wrong; installs an import map
//   await run({instance, element})     null, or what went wrong: {message, file, line, isSyntax}
//   rebaseDynamic(code, fileUrl)       code whose import() starts at the file
//   enter(token), .leave(token)        called by the code itself
//
// A module cannot be evaluated in a function, so it becomes an inline module script whose first line
// shadows `document` and the other names with the instance's own.

/** @import { Instance } from "./types.d.ts" */
/** @typedef {Instance & {url: string}} FromFile */
/** @typedef {{message: string, file?: string, line?: number, isSyntax?: boolean}} Failure */
/** @typedef {{instance: FromFile, element: Element}} Item */
/**
 * @typedef {object} Waiting A module that runs.
 * @property {Instance} instance
 * @property {(failure: Failure | null) => void} resolve
 * @property {string} name
 * @property {() => void} [outer] Gives the page back to who had it.
 */

import * as assets from "./assets.js";
import { rebaseDynamic as rebaseDynamicImports, rebaseImports } from "./imports.js";
import * as lookups from "./lookups.js";
import * as scopedRealm from "./scoped_realm.js";
import { isComposition, lineIn } from "./script_text.js";
import { messageOf } from "./thrown.js";

/** @type {Map<string, Waiting>} */
const waiting = new Map();
/** @type {Map<string, Promise<Failure | null>>} */
const plain = new Map();
let count = 0;

/**
 * @param {Item} item
 * @returns {Failure | null}
 */
function map({ instance, element }) {
  let content;
  try {
    content = JSON.parse(element.textContent ?? "");
  } catch (error) {
    return { message: `import map: ${messageOf(error)}`, isSyntax: error instanceof SyntaxError };
  }
  for (const [name, url] of Object.entries(
    /** @type {Record<string, string>} */ (content.imports ?? {}),
  )) {
    content.imports[name] = absolute(url, instance.url);
  }
  const script = document.createElement("script");
  script.type = "importmap";
  script.textContent = JSON.stringify(content);
  document.head.append(script);
  return null;
}

/**
 * @param {string} reference
 * @param {string} fileUrl
 */
function absolute(reference, fileUrl) {
  return new URL(assets.resolve(reference, fileUrl), document.baseURI).href;
}

/**
 * @param {Item} item
 * @returns {Failure | Promise<Failure | null>}
 */
function run({ instance, element }) {
  const src = element.getAttribute("src");
  if (src === null) {
    // Imports of an inline module start at the nested file; those of a module file at that file.
    const place = (/** @type {string} */ reference) => absolute(reference, instance.url);
    const code = element.textContent ?? "";
    const line = lineIn(instance, code);
    return runCode(instance, rebaseImports(code, place), instance.url, line);
  }
  const url = new URL(src, document.baseURI);
  if (url.origin !== assets.origin) return runPlain(url.href);
  let code;
  try {
    code = assets.read(url.href);
  } catch (error) {
    return { message: `module ${assets.nameOf(url.href)}: ${messageOf(error)}` };
  }
  if (!isComposition(code)) return runPlain(url.href);
  const place = (/** @type {string} */ reference) => new URL(reference, url).href;
  return runCode(instance, rebaseImports(code, place), url.href, 1);
}

/**
 * @param {string} url
 * @returns {Promise<Failure | null>}
 */
function runPlain(url) {
  if (!plain.has(url)) {
    const script = document.createElement("script");
    script.type = "module";
    script.src = url;
    /** @type {Promise<Failure | null>} */
    const ended = new Promise((resolve) => {
      script.addEventListener("load", () => resolve(null));
      script.addEventListener("error", () =>
        resolve({ message: `module ${url} could not be loaded` }),
      );
    });
    document.head.append(script);
    plain.set(url, ended);
  }
  return /** @type {Promise<Failure | null>} */ (plain.get(url));
}

/**
 * @param {Instance} instance
 * @param {string} code
 * @param {string} url
 * @param {number} line
 */
function runCode(instance, code, url, line) {
  count += 1;
  const token = `m${count}`;
  const name = `${assets.nameOf(url)}?fanreel=${token}`;
  const names = scopedRealm.names.join(", ");
  const script = document.createElement("script");
  script.type = "module";
  script.textContent =
    "\n".repeat(line - 1) +
    `const { ${names} } = __fanreel.modules.enter("${token}"); ${code}\n` +
    `;__fanreel.modules.leave("${token}");\n//# sourceURL=${name}`;
  /** @type {Promise<Failure | null>} */
  const ended = new Promise((resolve) => waiting.set(token, { instance, resolve, name }));
  script.addEventListener("error", () =>
    settle(token, { message: `module of ${name.split("?")[0]}: an import could not be loaded` }),
  );
  document.head.append(script);
  return ended.finally(() => script.remove());
}

/**
 * @param {string} token
 * @param {Failure | null} failure
 */
function settle(token, failure) {
  const item = waiting.get(token);
  if (!item) return;
  waiting.delete(token);
  item.outer?.();
  item.resolve(failure);
}

// A syntax error is reported under the page's name, before the code could enter.
/**
 * @param {Waiting} item
 * @param {ErrorEvent} event
 */
function reportsOn({ name, outer }, { filename, error }) {
  return filename?.endsWith(name) || (outer === undefined && error instanceof SyntaxError);
}

window.addEventListener("error", (event) => {
  const found = [...waiting].find(([, item]) => reportsOn(item, event));
  if (!found) return;
  const [token, { name }] = found;
  const text = event.message.replace(/^Uncaught |Failed to execute '\w+' on '\w+': /g, "");
  const [file] = name.split("?");
  settle(token, {
    message: `${file}: ${text} (line ${event.lineno})`,
    file,
    line: event.lineno,
    isSyntax: event.error instanceof SyntaxError,
  });
});

/**
 * @param {string} code
 * @param {string} fileUrl
 */
export const rebaseDynamic = (code, fileUrl) =>
  rebaseDynamicImports(code, (/** @type {string} */ reference) => absolute(reference, fileUrl));

/** @param {string} token */
export function enter(token) {
  const item = /** @type {Waiting} */ (waiting.get(token));
  item.outer = lookups.enter(item.instance);
  return item.instance.realm.window;
}

/** @param {string} token */
export const leave = (token) => settle(token, null);

export { map, run };
