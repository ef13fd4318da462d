// The style sheets of nested compositions, from file to scoped rules.
//
//   inline(fragment, instance)            links and imports become <style> elements
//   scope(instance, elements)             scopes <style> elements that are in the document
//   adopt(node, instanceOf)               scopes sheets that a script has added
//   owners                                WeakMap element -> instance, of sheets made by scripts
//
// Everything is fetched before it is inserted, and scoped in the task that inserts it: an unscoped
// sheet would touch the whole page for a moment and start transitions there. A sheet that cannot be
// read (another origin without CORS) stays a link, and unscoped.

import * as assets from "./assets.js";
import { leadingImports } from "./css_text.js";
import { fail } from "./instances.js";
import * as scopeCss from "./scope_css.js";
import { messageOf } from "./thrown.js";

/** @import { Instance } from "./types.d.ts" */
/** @typedef {Record<"layer" | "supports" | "media", string | null>} Conditions of an import */

const SHEETS = 'style, link[rel~="stylesheet" i]:not([rel~="alternate" i])';
/** @type {WeakMap<Element, Instance>} */
const owners = new WeakMap();

// `layer(x) supports(y) screen` as the blocks that say the same.
/**
 * @param {string} text
 * @param {Conditions} conditions
 */
function wrap(text, { layer, supports, media }) {
  let wrapped = text;
  if (layer !== null) wrapped = `@layer ${layer} {\n${wrapped}\n}`;
  if (supports !== null) {
    const condition = /^[-\w]+\s*:/.test(supports) ? `(${supports})` : supports;
    wrapped = `@supports ${condition} {\n${wrapped}\n}`;
  }
  return media === null ? wrapped : `@media ${media} {\n${wrapped}\n}`;
}

// References of a style sheet file are relative to that file.
/** @type {(url: string) => (reference: string) => string} */
const placeIn = (url) => (reference) => {
  const absolute = new URL(reference, url);
  return absolute.origin === assets.origin
    ? absolute.pathname + absolute.search + absolute.hash
    : absolute.href;
};

/**
 * @param {string} url
 * @param {string[]} chain
 * @returns {string}
 */
function readFile(url, chain) {
  return flatten(assets.rebaseCss(assets.read(url), placeIn(url)), [...chain, url]);
}

// What cannot be read stays an @import, which has to come first.
/**
 * @param {string} text
 * @param {string[]} chain
 */
function flatten(text, chain) {
  const imports = leadingImports(text);
  if (imports.length === 0) return text;
  let kept = "";
  let inlined = "";
  let end = 0;
  for (const { start, end: next, url, ...conditions } of imports) {
    const before = text.slice(end, start);
    inlined += before;
    end = next;
    const absolute = new URL(url, document.baseURI).href;
    if (chain.includes(absolute)) continue;
    try {
      inlined += wrap(readFile(absolute, chain), conditions);
    } catch {
      kept += text.slice(start, next);
    }
  }
  return kept + inlined + text.slice(end);
}

/**
 * @param {Element} link
 * @param {Instance} instance
 */
function inlineLink(link, instance) {
  const url = new URL(link.getAttribute("href") ?? "", document.baseURI).href;
  let text;
  try {
    text = readFile(url, []);
  } catch (error) {
    if (new URL(url).origin === assets.origin) {
      fail(instance, "nested-failure", `style sheet ${assets.nameOf(url)}: ${messageOf(error)}`);
    }
    return;
  }
  const style = document.createElement("style");
  for (const { name, value } of link.attributes) {
    if (!/^(rel|href|type|as|crossorigin|integrity|onload)$/.test(name))
      style.setAttribute(name, value);
  }
  style.textContent = text;
  link.replaceWith(style);
}

/**
 * @param {DocumentFragment} fragment
 * @param {Instance} instance
 */
function inline(fragment, instance) {
  for (const element of fragment.querySelectorAll(SHEETS)) {
    if (element.localName === "link") {
      inlineLink(element, instance);
      continue;
    }
    const text = flatten(element.textContent, []);
    if (text !== element.textContent) element.textContent = text;
  }
}

/**
 * @param {Instance} instance
 * @param {Iterable<any>} elements styles and links
 */
function scope(instance, elements) {
  scopeCss.claimPageKeyframes();
  const sheets = [...elements].map((element) => element.sheet).filter(Boolean);
  for (const sheet of sheets) scopeCss.sheet(sheet, instance);
  scopeCss.rename(sheets, instance.host.querySelectorAll("[style]"), instance);
}

// A sheet that a script adds: a style is scoped before the next picture, a link when it has come.
/**
 * @param {Element} node
 * @param {(element: Element) => Instance | null} instanceOf
 */
function adopt(node, instanceOf) {
  /** @type {Iterable<any>} */
  const elements = node.matches(SHEETS) ? [node] : node.querySelectorAll(SHEETS);
  for (const element of elements) {
    const instance = owners.get(element) ?? instanceOf(element);
    if (!instance?.scope) continue;
    if (element.sheet) scope(instance, [element]);
    else element.addEventListener("load", () => scope(instance, [element]), { once: true });
  }
}

export { adopt, inline, owners, SHEETS as selector, scope };
