// Keeps what opens as a circle from hiding what stands beside it.
//
//   apply(roots)     for elements that scripts clip by their inline style, and for style sheets
//   note(effect)     for what an animation clips
//
// Chromium clips an element that holds layers of its own by a mask, a layer too. Where a circle is
// larger than the frame it takes that mask for opaque, and leaves out what it believes to be behind
// it: all within the circle's bounding box, such as the letters of the scene before (156; the
// format's own renderer shows the same). An element whose opacity may change is drawn first and
// clipped then, without a mask. Nothing else changes: what is clipped is a stacking context anyway.

import { styleRules } from "./style_rules.js";

const OPENING = "data-fanreel-opening";
const OPENED = /\b(?:circle|ellipse)\(|\bround\b/;
// A rectangle that is not rounded needs no mask, and in a layer its edge would not be smooth.
const shapes = ['circle("]', 'ellipse("]', 'inset("][style*=" round "]'];
const inline = shapes.flatMap((shape) =>
  [" ", ""].map((space) => `[style*="clip-path:${space}${shape}`),
);

const sheet = new CSSStyleSheet();
sheet.replaceSync(`:where([${OPENING}], ${inline.join()}) { will-change: opacity }`);

/** @param {CSSStyleSheet} found */
function changeSheet(found) {
  for (const rule of styleRules(found)) {
    if (rule instanceof CSSStyleRule && OPENED.test(rule.style.clipPath)) {
      rule.style.willChange ||= "opacity";
    }
  }
}

/** @param {Iterable<Document | ShadowRoot>} roots the document and its shadow trees */
function apply(roots) {
  for (const root of roots) {
    if (!root.adoptedStyleSheets.includes(sheet)) {
      // First, so that a hint of the page's own wins.
      root.adoptedStyleSheets = [sheet, ...root.adoptedStyleSheets];
    }
    for (const found of root.styleSheets) changeSheet(found);
  }
}

/** @param {AnimationEffect | null} effect */
function note(effect) {
  if (!(effect instanceof KeyframeEffect) || effect.pseudoElement) return;
  const opens = effect.getKeyframes().some(({ clipPath }) => OPENED.test(String(clipPath ?? "")));
  if (opens) effect.target?.setAttribute(OPENING, "");
}

export { apply, note };
