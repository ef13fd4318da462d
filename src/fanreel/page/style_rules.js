// The rules of a style sheet that hold declarations: also of groups, nested ones and imports.

/**
 * @param {CSSStyleSheet} sheet
 * @returns {Generator<CSSRule & {style: CSSStyleDeclaration}>}
 */
export function* styleRules(sheet) {
  try {
    yield* within(sheet.cssRules);
  } catch {
    // Another origin's sheet keeps its rules to itself.
  }
}

/**
 * @param {Iterable<any>} rules
 * @returns {Generator<CSSRule & {style: CSSStyleDeclaration}>}
 */
function* within(rules) {
  for (const rule of rules) {
    if (rule.style) yield rule;
    if (rule.styleSheet) yield* styleRules(rule.styleSheet);
    if (rule.cssRules) yield* within(rule.cssRules);
  }
}
