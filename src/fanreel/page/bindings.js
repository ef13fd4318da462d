// Shows composition variables in the document: texts, sources, custom properties, getVariables().
//
//   bind(node, scope)                  fills data-var-text and data-var-src below a node
//   style(scope, elements)             sets the CSS custom properties
//   getVariables(scope?)               resolved values {id: value}; the page's own without a scope
//   pageScope()                        the variables of the page's own composition
//   isWhole(element)                   the parser has left the element

/** @import { Variables } from "./types.d.ts" */

import * as assets from "./assets.js";
import { instanceOf } from "./instances.js";
import { isElement } from "./nodes.js";
import { pageRoot, pageScope } from "./page_variables.js";
import { config } from "./realm.js";
import { asText, scope } from "./variables.js";

const bound = new WeakSet();
/**
 * @param {object} object
 * @param {string} key
 */
const own = (object, key) => Object.hasOwn(object, key);
/** @param {string} id */
const slug = (id) => id.toLowerCase().replace(/[^a-z0-9-]/g, "-");

/**
 * @param {Variables} of
 * @param {Iterable<HTMLElement>} elements
 */
function style(of, elements) {
  for (const [id, value] of Object.entries(of.values)) {
    const text = asText(value);
    if (text === null) continue;
    for (const element of elements) {
      element.style.setProperty(`--hf-var-${slug(id)}`, text);
      // The format's older, shorter names: the id as it is, and its slug.
      for (const name of new Set([id, slug(id)])) {
        element.style.setProperty(`--${name}`, text);
      }
    }
  }
}

/**
 * @param {Element} element
 * @param {string} text
 */
function bindText(element, text) {
  if (element.firstElementChild === null) {
    element.textContent = text;
    return;
  }
  // Element children stay: only the element's own words are replaced.
  const texts = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE);
  const nodes = /** @type {Text[]} */ (texts).filter((node) => node.data.trim() !== "");
  const [first, ...rest] = nodes;
  if (first) first.data = text;
  else element.prepend(text);
  for (const node of rest) node.remove();
}

/**
 * @param {Element} element
 * @param {string} written
 * @param {string | undefined} file
 */
function bindSource(element, written, file) {
  const url = file ? assets.resolve(written, file) : written;
  if (element instanceof SVGElement && !element.hasAttribute("src")) {
    element.setAttribute("href", url);
    return;
  }
  element.setAttribute("src", url);
  const media = element.parentElement;
  if (element instanceof HTMLSourceElement && media instanceof HTMLMediaElement) media.load();
}

/**
 * @param {Element} element
 * @param {Variables} of
 */
function bindElement(element, of) {
  if (bound.has(element)) return;
  bound.add(element);
  const textId = element.getAttribute("data-var-text");
  const sourceId = element.getAttribute("data-var-src");
  if (textId !== null && own(of.values, textId)) {
    const text = asText(of.values[textId]);
    if (text !== null) bindText(element, text);
  }
  if (sourceId !== null && own(of.values, sourceId)) {
    const url = asText(of.values[sourceId]);
    if (url !== null && url !== "") bindSource(element, url, of.file);
  }
}

/**
 * @param {ParentNode & Node} node
 * @param {Variables} of
 */
function bind(node, of) {
  for (const element of node.querySelectorAll("[data-var-text], [data-var-src]")) {
    bindElement(element, inlineScope(element, node) ?? of);
  }
}

// ---- the page's own composition, and those written inline in it --------------------------
/** @type {WeakMap<Element, Variables>} */
const inline = new WeakMap();

// An inline composition has variables of its own only if it says so; else it is part of the
// composition around it.
/**
 * @param {Element} element
 * @param {Node} limit
 * @returns {Variables | null}
 */
function inlineScope(element, limit) {
  const selector =
    "[data-composition-id][data-composition-variables]," +
    "[data-composition-id][data-variable-values]";
  /** @type {HTMLElement | null} */
  const found = element.closest?.(selector);
  if (!found || found === limit || found === pageRoot()) return null;
  if (found.hasAttribute("data-composition-src") || found.hasAttribute("data-fanreel-root")) {
    return null;
  }
  if (limit instanceof Element && !limit.contains(found)) return null;
  const known = inline.get(found);
  if (known) return known;
  const made = scope({
    composition: /** @type {string} */ (found.getAttribute("data-composition-id")),
    declarations: [found.getAttribute("data-composition-variables")],
    overrides: found.getAttribute("data-variable-values") ?? "",
    where: "data-variable-values",
  });
  inline.set(found, made);
  style(made, [found]);
  return made;
}

/** @param {Element} element */
function scopeOf(element) {
  const instance = instanceOf(element);
  return inlineScope(element, instance?.host ?? document) ?? instance?.scope ?? pageScope();
}

/** @param {Variables} [of] */
function getVariables(of) {
  const script = document.currentScript;
  const found = of ?? (script ? scopeOf(script) : pageScope());
  return structuredClone(found.values);
}

// The parser may still be writing into an element: it is whole once something follows it.
/** @param {Node} element */
function isWhole(element) {
  if (document.readyState !== "loading") return true;
  /** @type {Node | null} */
  let node = element;
  for (; node; node = node.parentNode) if (node.nextSibling) return true;
  return false;
}

/** @type {Element[]} */
let waiting = [];
const styled = new Set();
function stylePage() {
  const all = /** @type {HTMLElement[]} */ ([document.documentElement, pageRoot()]);
  const targets = all.filter((element) => element && !styled.has(element));
  const hasAny = Object.keys(pageScope().values).length > 0;
  if (!hasAny || targets.length === 0) return;
  for (const target of targets) styled.add(target);
  style(pageScope(), targets);
}

/** @param {Node} node */
function collect(node) {
  if (!isElement(node)) return;
  if (node.matches("[data-var-text], [data-var-src]")) waiting.push(node);
  waiting.push(...node.querySelectorAll("[data-var-text], [data-var-src]"));
  for (const found of [node, ...node.querySelectorAll("[data-composition-id]")]) {
    if (found.matches("[data-composition-id]")) inlineScope(found, document);
  }
}

// Mutation records are delivered before the parser runs the next script, so bindings are in
// place when scripts look at them.
const observer = new MutationObserver((records) => {
  for (const record of records) for (const node of record.addedNodes) collect(node);
  stylePage();
  if (waiting.length > 0) bindWaiting();
});

function bindWaiting() {
  const later = [];
  for (const element of waiting) {
    if (!element.isConnected) continue;
    if (isWhole(element)) bindElement(element, scopeOf(element));
    else later.push(element);
  }
  waiting = later;
}

observer.observe(document, { childList: true, subtree: true });
document.addEventListener(
  "DOMContentLoaded",
  () => {
    stylePage();
    bindWaiting();
  },
  { once: true, capture: true },
);

/** @type {Record<string, any>} */
const hyperframes = { getVariables: () => getVariables() };
Object.defineProperty(globalThis, "__hyperframes", {
  get: () => hyperframes,
  // A composition may bring a shim of its own for opening it in a plain browser; ours stays.
  set: (value) => {
    for (const [name, item] of Object.entries(value ?? {})) {
      if (name !== "getVariables") hyperframes[name] = item;
    }
  },
  configurable: true,
});
/** @type {Record<string, any>} */ (globalThis).__hfVariables = structuredClone(
  config.variables ?? {},
);

export { bind, getVariables, isWhole, style };
