// Film grain of a grade: brighter and darker specks, new in every frame.
//
//   scatter(pixels, box, details, frame)                  in place
//
// Which speck is where is ours: chance decides it in the reference too. How strong they are and how
// large is fitted to it.

import { bits } from "./grading_chance.js";
import { within } from "./grading_pixels.js";

/** @import { Box, Effects } from "./types.d.ts" */

const SMOOTH = 12.1;
const ROUGH = 7.8;

// -1 to 1.
/** @type {(x: number, y: number, frame: number) => number} */
const chance = (x, y, frame) => bits(x, y, frame) / 0x7fffffff - 1;

// A row of specks, each as wide as a cell, blended into the next.
/**
 * @param {number} row
 * @param {number} count
 * @param {number} frame
 */
function specksOf(row, count, frame) {
  return Float64Array.from({ length: count }, (_, x) => chance(x, row, frame));
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} details
 * @param {number} frame
 */
function scatter({ data, width, height }, box, { grain, grainSize, grainRoughness }, frame) {
  const cell = 1.2 + 3 * grainSize;
  const columns = Math.ceil(box.width / cell) + 2;
  const rows = new Map();
  const rowOf = (/** @type {number} */ at) => {
    if (!rows.has(at)) rows.set(at, specksOf(at, columns, frame));
    return rows.get(at);
  };
  const roughness = ROUGH * Math.sqrt(grainRoughness);
  const fineSeed = Math.imul(frame, 31) + 7;
  for (let y = 0, at = 0; y < height; y += 1) {
    const down = Math.max(box.top + (y + 0.5) * box.down, 0) / cell;
    const above = Math.floor(down);
    const [first, second, below] = [rowOf(above), rowOf(above + 1), down - above];
    for (let x = 0; x < width; x += 1, at += 4) {
      const along = within((box.left + (x + 0.5) * box.across) / cell, columns - 2);
      const left = Math.floor(along);
      const right = along - left;
      const upper = first[left] * (1 - right) + first[left + 1] * right;
      const lower = second[left] * (1 - right) + second[left + 1] * right;
      const smooth = upper * (1 - below) + lower * below;
      const rough = chance(x, y, fineSeed);
      const speck = grain * (SMOOTH * smooth + roughness * rough);
      data[at] += speck;
      data[at + 1] += speck;
      data[at + 2] += speck;
    }
  }
}

export { scatter };
