// Shows composition variables in the document: texts, sources, custom properties, getVariables().
//
//   bind(node, scope)                  fills data-var-text and data-var-src below a node
//   style(scope, elements)             sets the CSS custom properties
//   getVariables(scope?)               resolved values {id: value}; the page's own without a scope
//   pageScope()                        the variables of the page's own composition
//   isWhole(element)                   the parser has left the element

import * as assets from "./assets.js";
import { instanceOf } from "./instances.js";
import { isElement } from "./nodes.js";
import { pageRoot, pageScope } from "./page_variables.js";
import { config } from "./realm.js";
import { asText, scope } from "./variables.js";

const bound = new WeakSet();
const own = (object, key) => Object.hasOwn(object, key);
const slug = (id) => id.toLowerCase().replace(/[^a-z0-9-]/g, "-");

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

function bindText(element, text) {
  if (element.firstElementChild === null) {
    element.textContent = text;
    return;
  }
  // Element children stay: only the element's own words are replaced.
  const nodes = [...element.childNodes].filter(
    (node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "",
  );
  const [first, ...rest] = nodes;
  if (first) first.data = text;
  else element.prepend(text);
  for (const node of rest) node.remove();
}

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

function bind(node, of) {
  for (const element of node.querySelectorAll("[data-var-text], [data-var-src]")) {
    bindElement(element, inlineScope(element, node) ?? of);
  }
}

// ---- the page's own composition, and those written inline in it --------------------------
const inline = new WeakMap();

// An inline composition has variables of its own only if it says so; else it is part of the
// composition around it.
function inlineScope(element, limit) {
  const selector =
    "[data-composition-id][data-composition-variables]," +
    "[data-composition-id][data-variable-values]";
  const found = element.closest?.(selector);
  if (!found || found === limit || found === pageRoot()) return null;
  if (found.hasAttribute("data-composition-src") || found.hasAttribute("data-fanreel-root")) {
    return null;
  }
  if (limit instanceof Element && !limit.contains(found)) return null;
  if (!inline.has(found)) {
    inline.set(
      found,
      scope({
        composition: found.getAttribute("data-composition-id"),
        declarations: [found.getAttribute("data-composition-variables")],
        overrides: found.getAttribute("data-variable-values") ?? "",
        where: "data-variable-values",
      }),
    );
    style(inline.get(found), [found]);
  }
  return inline.get(found);
}

function scopeOf(element) {
  const instance = instanceOf(element);
  return inlineScope(element, instance?.host ?? document) ?? instance?.scope ?? pageScope();
}

function getVariables(of) {
  const script = document.currentScript;
  const found = of ?? (script ? scopeOf(script) : pageScope());
  return structuredClone(found.values);
}

// The parser may still be writing into an element: it is whole once something follows it.
function isWhole(element) {
  if (document.readyState !== "loading") return true;
  for (let node = element; node; node = node.parentNode) if (node.nextSibling) return true;
  return false;
}

let waiting = [];
const styled = new Set();
function stylePage() {
  const targets = [document.documentElement, pageRoot()].filter(
    (element) => element && !styled.has(element),
  );
  const hasAny = Object.keys(pageScope().values).length > 0;
  if (!hasAny || targets.length === 0) return;
  for (const target of targets) styled.add(target);
  style(pageScope(), targets);
}

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
globalThis.__hfVariables = structuredClone(config.variables ?? {});

export { bind, getVariables, isWhole, style };
