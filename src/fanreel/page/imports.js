// What a module or a script imports, moved to another place.
//
//   rebaseImports(code, place)   every relative reference becomes place(reference)
//   rebaseDynamic(code, place)   only those of import()

import { parsers } from "./parsers.js";

/** @typedef {(reference: string) => string} Place */

const RELATIVE = /^\.{1,2}\//;

// Of es-module-lexer: where an import() begins, -1 for a static import, -2 for import.meta.
const STATIC = -1;

/** @param {string} code */
function importsOf(code) {
  const { lexModule } = parsers();
  try {
    return lexModule(code)[0];
  } catch {
    return []; // the browser says what is wrong with it
  }
}

/**
 * @param {string} code
 * @param {Place} place
 * @param {(dynamic: number) => boolean} isMeant
 */
function rebase(code, place, isMeant) {
  if (!code.includes("import") && !code.includes("export")) return code;
  let result = "";
  let end = 0;
  for (const { n: reference, s, e, d } of importsOf(code)) {
    if (reference === undefined || !RELATIVE.test(reference) || !isMeant(d)) continue;
    // A static one is given without its quotes.
    const [from, to] = d === STATIC ? [s - 1, e + 1] : [s, e];
    result += code.slice(end, from) + JSON.stringify(place(reference));
    end = to;
  }
  return result + code.slice(end);
}

/** @type {(code: string, place: Place) => string} */
export const rebaseImports = (code, place) => rebase(code, place, () => true);

/** @type {(code: string, place: Place) => string} */
export const rebaseDynamic = (code, place) => rebase(code, place, (d) => d > STATIC);
