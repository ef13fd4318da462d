// The look of a grade drawn in signs: each cell one glyph, as heavy as the picture is light there.
//
//   draw(pixels, box, values, plain)   in place; *plain* is the picture before any other look
//
// Cells are counted from the box's bottom left; a cell takes its colour from its middle.

import { glyphOf } from "./grading_glyphs.js";
import { colourAt, mix, scaleOf } from "./grading_pixels.js";

/** @import { Box, Look } from "./types.d.ts" */

const BLACK_AND_WHITE = [
  [0, 0, 0],
  [1, 1, 1],
];
// Here the reference weighs as BT.601 does.
/** @param {number[]} colour */
const lumaOf = ([red, green, blue]) => (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
// Less of a slope than this turns no glyph.
const FLAT = 0.1;
/**
 * @typedef {object} Cell
 * @property {ReturnType<typeof glyphOf>} glyph
 * @property {number[]} colour
 * @property {number} cosine Of its turn.
 * @property {number} sine
 */

// What every pixel of a cell needs: its glyph, its colour, and how it is turned.
/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} cell
 * @param {Look} look
 */
function cells(pixels, box, cell, { effects, palette }) {
  const colours = palette ?? BLACK_AND_WHITE;
  const style = Math.min(Math.round(effects.asciiStyle), 7);
  const isInverted = effects.asciiInvert >= 0.5;
  const lightAt = (/** @type {number} */ right, /** @type {number} */ up) =>
    lumaOf(colourAt(pixels, box, right, up));
  const turnAt = (/** @type {number} */ right, /** @type {number} */ up) => {
    if (effects.asciiRotation === 0) return 0;
    // Sobel's operator, over whole cells.
    const side = (/** @type {number} */ x, /** @type {number} */ y) =>
      lightAt(right + x * cell, up + y * cell);
    const across =
      side(1, 1) + 2 * side(1, 0) + side(1, -1) - side(-1, 1) - 2 * side(-1, 0) - side(-1, -1);
    const along =
      side(1, 1) + 2 * side(0, 1) + side(-1, 1) - side(1, -1) - 2 * side(0, -1) - side(-1, -1);
    if (Math.hypot(across, along) < FLAT) return 0;
    return -Math.atan2(along, across);
  };
  /** @type {Map<number, Cell>} */
  const known = new Map();
  return (/** @type {number} */ column, /** @type {number} */ row) => {
    const key = column * 65536 + row;
    const before = known.get(key);
    if (before) return before;
    const [right, up] = [(column + 0.5) * cell, (row + 0.5) * cell];
    const own = colourAt(pixels, box, right, up);
    const luma = isInverted ? 1 - lumaOf(own) : lumaOf(own);
    const colour = own.map((level, channel) =>
      mix(255 * colours[colours.length - 1][channel], level, effects.asciiColor),
    );
    const turn = turnAt(right, up);
    const found = {
      glyph: glyphOf(style, luma),
      colour,
      // Between the glyph as it is and the turned one, which is smaller or larger than both.
      cosine: mix(1, Math.cos(turn), effects.asciiRotation),
      sine: mix(0, Math.sin(turn), effects.asciiRotation),
    };
    known.set(key, found);
    return found;
  };
}

// How much of a glyph is at a place of its cell, -0.5 to 0.5 to the right and up.
/**
 * @param {Cell} cell
 * @param {number} right
 * @param {number} up
 */
function signAt({ glyph, cosine, sine }, right, up) {
  const across = right * cosine + up * sine + 0.5;
  const down = 0.5 - (up * cosine - right * sine);
  const { columns, rows, signs } = glyph;
  const column = Math.floor(across * columns);
  const row = Math.floor(down * rows);
  if (column < 0 || column >= columns || row < 0 || row >= rows) return 0;
  return signs[row * columns + column];
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Look} values
 * @param {ImageData} plain
 */
function draw(pixels, box, values, plain) {
  const { data, width, height } = pixels;
  const { effects, palette } = values;
  const ground = (palette ?? BLACK_AND_WHITE)[0].map((part) => 255 * part);
  const cell = (8 + 152 * effects.asciiSize) * scaleOf(box);
  const cellAt = cells(plain, box, cell, values);
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = (box.height - box.top - (y + 0.5) * box.down) / cell;
    const row = Math.floor(up);
    for (let x = 0; x < width; x += 1, at += 4) {
      const right = (box.left + (x + 0.5) * box.across) / cell;
      const column = Math.floor(right);
      const found = cellAt(column, row);
      const sign = signAt(found, right - column - 0.5, up - row - 0.5);
      for (let channel = 0; channel < 3; channel += 1) {
        const drawn = mix(ground[channel], found.colour[channel], sign);
        data[at + channel] = mix(data[at + channel], drawn, effects.ascii);
      }
    }
  }
}

export { draw };
