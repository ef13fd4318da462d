// Lists of families that begin with a generic name, such as `sans-serif`, are drawn with a family of
// the format, as its own player does it; one that begins with any other name falls through to the
// machine's face when the names before are not there.
//
//   apply()      changes what has come since: style sheets, style attributes, shadow trees
//   font(text)   the same for a font as a canvas is told it
//
// The generic name gets an alias before it, a family of its own for which config.fonts has faces. It
// is done in place, as the parser goes on: before the next script runs, which may measure text.

import * as animations from "./animations.js";
import { generics, prefix } from "./families.js";
import { isElement } from "./nodes.js";
import { accessor } from "./real.js";
import { styleRules } from "./style_rules.js";

const changed = new WeakMap(); // style sheet -> number of its rules when it was last seen
const ALIAS = new RegExp(`"?${prefix}[-a-z]+"?, `);
const STYLED = '[style*="font" i], [style*="--"], [font-family]';

/** @param {string} list */
function led(list) {
  const first = list.split(",", 1)[0].trim().toLowerCase();
  return generics.has(first) ? `${prefix}${first}, ${list.trim()}` : null;
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {string} name
 */
function lead(style, name) {
  const list = led(style.getPropertyValue(name));
  if (list !== null) style.setProperty(name, list, style.getPropertyPriority(name));
}

/** @param {CSSStyleDeclaration} style */
function changeStyle(style) {
  if (style.fontFamily !== "") lead(style, "font-family");
  if (!style.cssText.includes("--")) return;
  for (const name of [...style]) if (name.startsWith("--")) lead(style, name);
}

/** @param {CSSStyleSheet} sheet */
function changeSheet(sheet) {
  try {
    const { length } = sheet.cssRules;
    if (changed.get(sheet) === length) return;
    changed.set(sheet, length);
  } catch {
    return; // Another origin's sheet keeps its rules to itself.
  }
  for (const rule of styleRules(sheet)) {
    if (!(rule instanceof CSSFontFaceRule)) changeStyle(rule.style);
  }
}

/** @param {any} element */
function changeElement(element) {
  if (element.style) changeStyle(element.style);
  const list = led(element.getAttribute("font-family") ?? "");
  if (list !== null) element.setAttribute("font-family", list);
}

/** @param {Document | ShadowRoot | Element} root */
function changeBelow(root) {
  if ("matches" in root && root.matches(STYLED)) changeElement(root);
  for (const element of root.querySelectorAll(STYLED)) changeElement(element);
}

export function apply() {
  if (generics.size === 0) return;
  for (const root of [document, ...animations.shadowRoots()]) {
    for (const sheet of [...root.styleSheets, ...root.adoptedStyleSheets]) changeSheet(sheet);
    changeBelow(root);
  }
}

/** @param {any[]} records */
function follow(records) {
  for (const { target, addedNodes } of records) {
    if (target.sheet) changeSheet(target.sheet);
    for (const node of addedNodes) {
      if (!isElement(node)) continue;
      changeBelow(node);
      /** @type {any[]} */
      const styles = [node, ...node.querySelectorAll("style")];
      for (const { sheet } of styles) if (sheet) changeSheet(sheet);
    }
  }
}

// What a canvas is told is a font as in style sheets; it gives it back as it was told.
const probe = document.createElement("i").style;
const ledFonts = new Map();
/** @param {string} value */
export function font(value) {
  if (ledFonts.has(value)) return ledFonts.get(value);
  probe.font = "";
  probe.font = value;
  const isLed = generics.size > 0 && led(probe.fontFamily) !== null;
  lead(probe, "font-family");
  ledFonts.set(value, isLed ? probe.font : value);
  return ledFonts.get(value);
}

/** @param {CanvasTextDrawingStyles} prototype */
function changeCanvas(prototype) {
  const known = accessor(prototype, "font");
  Object.defineProperty(prototype, "font", {
    ...known,
    get() {
      return known.get.call(this).replace(ALIAS, "");
    },
    set(value) {
      known.set.call(this, font(String(value)));
    },
  });
}

/** @type {Record<string, any>} */
const page = globalThis;
if (generics.size > 0) {
  for (const kind of ["CanvasRenderingContext2D", "OffscreenCanvasRenderingContext2D"]) {
    if (page[kind]) changeCanvas(page[kind].prototype);
  }
  new MutationObserver(follow).observe(document, { childList: true, subtree: true });
  document.addEventListener(
    "load",
    ({ target }) => {
      if (target instanceof HTMLLinkElement && target.sheet) changeSheet(target.sheet);
    },
    true,
  );
}
