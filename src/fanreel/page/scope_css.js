// Keeps a nested composition's style sheets inside its host.
//
//   sheet(sheet, instance)   rewrites a loaded CSSStyleSheet in place
//   claimPageKeyframes()     before the first: the page's own names stay
//   rename(sheets, elements, instance)   after all: animations follow their keyframes
//
// Keyframes are one name space for the document, so a second file's `fade`, if it is another one,
// gets a name of its own; instance.renames says which.
//
// CSSOM is changed in place because writing rules out loses declarations (a shorthand with var()
// beside its longhand).

import * as selectors from "./selectors.js";

/** @import { Instance } from "./types.d.ts" */

/** @type {Map<string, Map<string, string>>} */
const keyframes = new Map();
let renamed = 0;

/**
 * @param {Iterable<any>} rules
 * @param {(rule: CSSKeyframesRule) => void} visit
 */
function readKeyframes(rules, visit) {
  for (const rule of rules) {
    if (rule instanceof CSSKeyframesRule) visit(rule);
    else if (rule instanceof CSSImportRule) readKeyframes(rulesOf(rule.styleSheet), visit);
    else if (rule.cssRules) readKeyframes(rule.cssRules, visit);
  }
}

/**
 * @param {CSSStyleSheet | null} sheet
 * @returns {Iterable<any>}
 */
function rulesOf(sheet) {
  try {
    return sheet?.cssRules ?? [];
  } catch {
    return []; // another origin's sheet keeps its rules to itself
  }
}

/** @param {CSSKeyframesRule} rule */
const signature = (rule) => [...rule.cssRules].map((frame) => frame.cssText).join("");

function claimPageKeyframes() {
  for (const sheet of document.styleSheets) {
    const owner = sheet.ownerNode;
    if (owner instanceof Element && owner.closest("[data-fanreel-host]")) continue;
    readKeyframes(rulesOf(sheet), (rule) => {
      if (!keyframes.has(rule.name)) keyframes.set(rule.name, new Map());
      keyframes.get(rule.name)?.set(signature(rule), rule.name);
    });
  }
}

/**
 * @param {CSSKeyframesRule} rule
 * @param {Instance} instance
 */
function claimKeyframes(rule, instance) {
  const name = rule.name;
  const known = keyframes.get(name) ?? new Map();
  keyframes.set(name, known);
  const text = signature(rule);
  if (!known.has(text)) {
    if (known.size > 0) renamed += 1;
    known.set(text, known.size === 0 ? name : `${name}-fanreel-${renamed}`);
  }
  const given = /** @type {string} */ (known.get(text));
  if (given === name) return;
  rule.name = given;
  instance.renames.set(name, given);
}

/**
 * @param {string} text
 * @param {Map<string, string>} renames
 */
function renameWords(text, renames) {
  return text.replace(/(?:\\.|[-_a-zA-Z0-9\u0080-\uffff])+/g, (word) => renames.get(word) ?? word);
}

/**
 * @param {CSSStyleDeclaration} style
 * @param {Map<string, string>} renames
 */
function renameMotion(style, renames) {
  if (renames.size === 0) return;
  const names = style.getPropertyValue("animation-name");
  if (names !== "") {
    const changed = renameWords(names, renames);
    if (changed !== names) {
      style.setProperty("animation-name", changed, style.getPropertyPriority("animation-name"));
    }
    return;
  }
  // A shorthand with var() has no longhands yet.
  const shorthand = style.getPropertyValue("animation");
  if (shorthand === "") return;
  const changed = renameWords(shorthand, renames);
  if (changed !== shorthand) {
    style.setProperty("animation", changed, style.getPropertyPriority("animation"));
  }
}

const done = new WeakSet();

/**
 * @param {Iterable<any>} rules
 * @param {Instance} instance
 * @param {boolean} nested
 */
function scopeRules(rules, instance, nested) {
  for (const rule of rules) {
    if (done.has(rule)) continue;
    done.add(rule);
    if (rule instanceof CSSStyleRule) {
      // A nested rule is relative to its parent, which is scoped already.
      if (!nested) rule.selectorText = selectors.scope(rule.selectorText, instance);
      scopeRules(rule.cssRules, instance, true);
    } else if (rule instanceof CSSImportRule) {
      scopeRules(rulesOf(rule.styleSheet), instance, false);
    } else if (rule instanceof CSSKeyframesRule) {
      claimKeyframes(rule, instance);
    } else if (rule.cssRules) {
      scopeRules(rule.cssRules, instance, nested);
    }
  }
}

/**
 * @param {Iterable<any>} rules
 * @param {Map<string, string>} renames
 */
function renameRules(rules, renames) {
  for (const rule of rules) {
    if (rule.style) renameMotion(rule.style, renames);
    if (rule instanceof CSSImportRule) renameRules(rulesOf(rule.styleSheet), renames);
    else if (rule.cssRules && !(rule instanceof CSSKeyframesRule)) {
      renameRules(rule.cssRules, renames);
    }
  }
}

/**
 * @param {CSSStyleSheet | null} loaded
 * @param {Instance} instance
 */
function sheet(loaded, instance) {
  scopeRules(rulesOf(loaded), instance, false);
}

// After every sheet of a mount is in: a name may be used in one sheet and defined in another.
/**
 * @param {Iterable<CSSStyleSheet | null>} sheets
 * @param {Iterable<HTMLElement>} elements
 * @param {Instance} instance
 */
function rename(sheets, elements, instance) {
  if (instance.renames.size === 0) return;
  for (const loaded of sheets) renameRules(rulesOf(loaded), instance.renames);
  for (const element of elements) renameMotion(element.style, instance.renames);
}

export { claimPageKeyframes, rename, sheet };
