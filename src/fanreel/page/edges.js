// Keeps the edges of what moves from depending on the frames before.
//
//   apply()                 for elements that scripts move by their inline style
//   note(element)           for one that an animation moves
//
// Chromium draws a moving element on a layer of its own, at the fraction of a pixel where it stands.
// If the layer counts as opaque, its last column is not cleared before, so what an earlier frame has
// left in that memory shines through (156; a card with text at x = 3.33 had another edge in every
// run). A shadow that is too faint to be seen makes the layer larger than what is opaque, and leaves
// its origin where it was: around a scaled element, half a pixel more there would blur all of it.

const MOVED = "data-fanreel-moved";
const FAINT = "box-shadow: 1px 1px rgb(0 0 0 / 0.1%)";
const properties = ["transform", "translate", "scale", "rotate"];
const inline = properties.map((name) => `[style*="${name}"]`);

const sheet = new CSSStyleSheet();
sheet.replaceSync(`:where([${MOVED}], ${inline.join()}) { ${FAINT} }`);

function apply() {
  if (document.adoptedStyleSheets.includes(sheet)) return;
  // First, so that a shadow of the page's own wins.
  document.adoptedStyleSheets = [sheet, ...document.adoptedStyleSheets];
}

/** @param {Element | null} element */
function note(element) {
  element?.setAttribute(MOVED, "");
}

export { apply, note };
