// Where a relative URL written in a nested composition file points to.
//
//   origin                          the project's origin
//   read(url)                       the text of a file; throws when it cannot be had
//   resolve(reference, fileUrl)     the reference to use in this document
//   rebase(fragment, fileUrl)       rewrites every reference below a node
//   rebaseCss(text, place)          rewrites url() and @import in style sheet text
//   nameOf(url)                     its project path, for messages
//   compositionUrl(reference)       of data-composition-src: from the project root
//
// HyperFrames docs: paths resolve from the project root; `../x` is relative to the file that says
// it, and so is a plain `x` when the file has such a neighbour. `config.projectFiles` (project paths) says
// what exists; without it the server is asked. `config.root` is the project's path on the server.
//
// Files are read while the page is being parsed, and before its next script runs: hence no promises.

import { mapReferences } from "./css_text.js";
import { config } from "./realm.js";

/** @typedef {(reference: string) => string} Place */

const listed = Array.isArray(config.projectFiles) ? new Set(config.projectFiles) : null;
// A frame without an address of its own (about:blank, a sandbox) has no project around it.
const base = URL.canParse("/", document.baseURI) ? document.baseURI : "http://nowhere.invalid/";
const root = new URL(config.root ?? "/", base);
/** @type {Map<string, boolean>} */
const asked = new Map();
// Neither a scheme nor a rooted path, a fragment or a query.
const RELATIVE = /^(?![a-z][a-z0-9+.-]*:|[/#?]|$)/i;
const UPWARD = /^(\.\/)*\.\.\//;
const ATTRIBUTES = ["src", "href", "poster", "data", "xlink:href"];

// The shell's stay when the composition is opened again, for its next segment.
/** @returns {Map<string, string>} */
function keptTexts() {
  try {
    return globalThis.parent.__fanreelTexts ?? new Map();
  } catch {
    return new Map(); // somebody else's frame
  }
}

const texts = keptTexts();

/**
 * @param {string} method
 * @param {string | URL} url
 */
function request(method, url) {
  const call = new XMLHttpRequest();
  call.open(method, url, false);
  call.send();
  return call;
}

/** @param {string} url */
function load(url) {
  let answer;
  try {
    answer = request("GET", url);
  } catch {
    throw new Error("no answer");
  }
  const { status, responseText } = answer;
  if (status < 200 || status >= 300) throw new Error(`HTTP ${status}`);
  return responseText;
}

/** @param {string} url */
function read(url) {
  const text = texts.get(url) ?? load(url);
  texts.set(url, text);
  return text;
}

/** @param {string} path */
function ask(path) {
  try {
    return request("HEAD", path).status < 400;
  } catch {
    return false;
  }
}

/** @param {URL} url */
function exists({ origin, pathname }) {
  if (origin !== root.origin) return false;
  if (listed) return listed.has(decodeURIComponent(pathname).slice(root.pathname.length));
  const found = asked.get(pathname) ?? ask(pathname);
  asked.set(pathname, found);
  return found;
}

/**
 * @param {string} reference
 * @param {string} fileUrl
 */
function target(reference, fileUrl) {
  const beside = new URL(reference, fileUrl);
  const fromRoot = new URL(reference, root);
  if (beside.href === fromRoot.href || UPWARD.test(reference)) return beside;
  return exists(beside) ? beside : fromRoot;
}

/**
 * @param {string} reference
 * @param {string} fileUrl
 */
function resolve(reference, fileUrl) {
  const trimmed = reference.trim();
  if (!RELATIVE.test(trimmed)) return reference;
  const url = target(trimmed, fileUrl);
  const unchanged = new URL(trimmed, document.baseURI).href === url.href;
  return unchanged ? reference : url.pathname + url.search + url.hash;
}

/**
 * @param {string} text
 * @param {Place} place
 */
const rebaseCss = (text, place) =>
  mapReferences(text, (/** @type {string} */ reference) =>
    RELATIVE.test(reference) ? place(reference) : reference,
  );

/**
 * @param {string} text
 * @param {Place} place
 */
function rebaseSrcset(text, place) {
  const candidates = text.match(/\S+(?:\s+[^,]+)?(?=\s*(?:,|$))/g) ?? [];
  const parts = candidates.map((candidate) => {
    const [reference, ...descriptor] = candidate.replace(/^,/, "").trim().split(/\s+/);
    return [place(reference), ...descriptor].join(" ");
  });
  return parts.join(", ");
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {Place} rewrite
 */
function rebaseAttribute(element, name, rewrite) {
  const value = element.getAttribute(name);
  if (value === null) return;
  const rewritten = rewrite(value);
  if (rewritten !== value) element.setAttribute(name, rewritten);
}

/**
 * @param {Element} element
 * @param {string} fileUrl
 */
function rebaseElement(element, fileUrl) {
  /** @type {Place} */
  const place = (reference) => resolve(reference, fileUrl);
  for (const name of ATTRIBUTES) {
    const isData = name === "data" && element.localName !== "object";
    if (!isData) rebaseAttribute(element, name, place);
  }
  rebaseAttribute(element, "srcset", (value) => rebaseSrcset(value, place));
  if (element.getAttribute("style")?.includes("url(")) {
    rebaseAttribute(element, "style", (value) => rebaseCss(value, place));
  }
  if (element.localName === "style") {
    const text = rebaseCss(element.textContent, place);
    if (text !== element.textContent) element.textContent = text;
  }
  if (element instanceof HTMLTemplateElement) rebase(element.content, fileUrl);
}

/**
 * @param {ParentNode} fragment
 * @param {string} fileUrl
 */
function rebase(fragment, fileUrl) {
  const selector = "[src],[href],[poster],[srcset],[style],[*|href],object[data],style,template";
  for (const element of fragment.querySelectorAll(selector)) rebaseElement(element, fileUrl);
}

// Files write `../card.html` for a neighbour of the project's root too; where there is more above
// the project, it may really be meant.
/** @param {string} reference */
function compositionUrl(reference) {
  const written = reference.trim().replace(/^\/+/, "");
  const below = new URL(written.replace(UPWARD, ""), root);
  if (root.pathname === "/" || !UPWARD.test(written) || exists(below)) return below.href;
  const above = new URL(written, root);
  return (exists(above) ? above : below).href;
}

// A project path, for messages.
/** @param {string} url */
function nameOf(url) {
  const { origin, pathname } = new URL(url, root);
  if (origin !== root.origin || !pathname.startsWith(root.pathname)) return url;
  return decodeURIComponent(pathname.slice(root.pathname.length));
}

export const { origin } = root;

export { compositionUrl, nameOf, read, rebase, rebaseCss, resolve };
