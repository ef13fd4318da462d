// A grade applied to pixels: every colour is worked out once and looked up from then on.
//
//   of(name, recipe)                             the table of a grade; *name* says all that decides it
//   apply(table, from, into, share)                  RGBA bytes; *share* of the grade, from 0 to 1
//
// Nothing is interpolated, so a table gives what the formulas give. One takes 64 MiB of addresses,
// of which only what a picture's colours touch is ever memory. At 1080p 200 000 colours are common.

/** @typedef {(pixel: number[]) => void} Recipe Works a colour out in place, from 0 to 1. */
/** @typedef {{known: Uint32Array, recipe: Recipe}} Table */

const COLOURS = 2 ** 24;
const KNOWN = 0xff000000;
const MOST_TABLES = 4;
/** @type {Map<string, Table>} */
const tables = new Map(); // name -> table, the one used last at the end

/**
 * @param {string} name
 * @param {Recipe} recipe
 * @returns {Table}
 */
function of(name, recipe) {
  const table = tables.get(name) ?? { known: new Uint32Array(COLOURS), recipe };
  tables.delete(name);
  tables.set(name, table);
  if (tables.size > MOST_TABLES) tables.delete(/** @type {string} */ (tables.keys().next().value));
  return table;
}

const pixel = [0, 0, 0];

/**
 * @param {Table} table
 * @param {number} colour
 */
function learn({ known, recipe }, colour) {
  pixel[0] = (colour & 255) / 255;
  pixel[1] = ((colour >> 8) & 255) / 255;
  pixel[2] = (colour >> 16) / 255;
  recipe(pixel);
  const [red, green, blue] = pixel;
  const graded =
    (Math.round(red * 255) |
      (Math.round(green * 255) << 8) |
      (Math.round(blue * 255) << 16) |
      KNOWN) >>>
    0;
  known[colour] = graded;
  return graded;
}

/**
 * @param {Table} table
 * @param {Uint8ClampedArray} from
 * @param {Uint8ClampedArray} into
 * @param {number} share
 */
function apply(table, from, into, share) {
  const plain = new Uint32Array(from.buffer, from.byteOffset, from.length / 4);
  const graded = new Uint32Array(into.buffer, into.byteOffset, into.length / 4);
  const { known } = table;
  for (let at = 0; at < plain.length; at += 1) {
    const colour = plain[at] & 0xffffff;
    graded[at] = (((known[colour] || learn(table, colour)) & 0xffffff) | (plain[at] & KNOWN)) >>> 0;
  }
  if (share < 1) blend(from, into, share);
}

/**
 * @param {Uint8ClampedArray} from
 * @param {Uint8ClampedArray} into
 * @param {number} share
 */
function blend(from, into, share) {
  for (let at = 0; at < into.length; at += 1) {
    into[at] = Math.round(from[at] + (into[at] - from[at]) * share);
  }
}

export { apply, of };
