// The box that everything stands in: the page and the root are as large as the frame.
//
// A page starts without margins; its own style may give it some. When it has been parsed, html and
// body are the frame without padding or scroll bars, and the root is its data-width × data-height,
// cuts off what leaves it, and is what its children are placed in. All inline, as in HyperFrames
// 0.8.170: a root without a style, or with percentages of a body without a height, is no film of
// its background.

import { isRoot } from "./realm.js";
import * as timing from "./timing.js";

/**
 * @param {Element} root
 * @param {string} name
 */
function pixels(root, name) {
  const value = Number.parseFloat(root.getAttribute(name) ?? "");
  return value > 0 ? `${value}px` : null;
}

function fit() {
  const root = timing.rootElement();
  if (!root) return;
  const [width, height] = [pixels(root, "data-width"), pixels(root, "data-height")];
  if (!width || !height) return;
  for (const { style } of [document.documentElement, document.body]) {
    Object.assign(style, { width, height, padding: 0, overflow: "hidden" });
  }
  Object.assign(root.style, { width, height, overflow: "hidden" });
  if (getComputedStyle(root).position === "static") root.style.position = "relative";
}

function start() {
  const margins = new CSSStyleSheet();
  margins.replaceSync(":where(html, body) { margin: 0 }");
  document.adoptedStyleSheets.push(margins);
  if (document.readyState !== "loading") fit();
  else document.addEventListener("DOMContentLoaded", fit, { once: true });
}
if (isRoot) start();
