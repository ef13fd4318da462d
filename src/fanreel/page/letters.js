// Text is laid out by its exact measures, as the format's own player does it.
//
//   apply()             unless the page asks for another `text-rendering`
//
// By default Chromium rounds a font's ascent and descent each by itself. HyperFrames compiles
// `html, body, * { text-rendering: geometricPrecision }` into every composition (its #985), where a
// descent that was rounded down takes a pixel from the ascent: lines of many sizes, of Liberation
// Sans at 24 px, stand one pixel higher. Frames and what a canvas writes keep the default there.

import { isRoot } from "./realm.js";

const sheet = new CSSStyleSheet();
sheet.replaceSync("@layer { * { text-rendering: geometricPrecision } }"); // any rule of the page wins

function apply() {
  if (!isRoot || document.adoptedStyleSheets.includes(sheet)) return;
  document.adoptedStyleSheets = [sheet, ...document.adoptedStyleSheets];
}
apply(); // scripts of the loading page measure text

export { apply };
