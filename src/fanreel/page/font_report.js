// Which faces of ours the page's texts are drawn with and its lines are as high as, for Python to
// keep in the plan.
//
//   report()   a promise for {asked: [[family]], brought: [family], used: [id]}

import { drawn, ours, plain } from "./families.js";
import * as fonts from "./fonts.js";
import * as generics from "./generics.js";

const { load } = FontFaceSet.prototype;
const unquoted = (/** @type {string} */ family) => family.replace(/^(["'])(.*)\1$/s, "$2");

const probe = document.createElement("i").style;
/** @param {string} font */
function familiesOf(font) {
  probe.font = font;
  return fonts.split(probe.fontFamily);
}

const brought = () =>
  [...document.fonts].filter((face) => !ours.has(face)).map(({ family }) => unquoted(family));

/**
 * @param {string} font
 * @param {string} characters
 */
async function usedBy(font, characters) {
  const found = await load.call(document.fonts, font, characters).catch(() => []);
  return found.map((face) => ours.get(face)).filter((id) => id !== undefined);
}

export async function report() {
  const kinds = fonts.list().map(({ values, known, families }) => ({
    font: `${values[2]} ${values[1]} 16px ${values[0]}`,
    families,
    known,
  }));
  for (const [family, weight, style] of fonts.lines()) {
    const families = plain(fonts.split(family));
    kinds.push({ font: `${style} ${weight} 16px ${family}`, families, known: new Set(" ") });
  }
  for (const [font, known] of drawn) {
    kinds.push({ font: generics.font(font), families: familiesOf(font), known });
  }
  const used = await Promise.all(
    ours.size === 0 ? [] : kinds.map(({ font, known }) => usedBy(font, [...known].join(""))),
  );
  return {
    asked: kinds.map(({ families }) => families),
    brought: brought(),
    used: [...new Set(used.flat())],
  };
}
