// Printed looks of a grade: four inks, or two, each in a turned grid of dots.
//
//   halftone(pixels, box, effects)      in place
//   twoInkPrint(pixels, box, effects)   in place
//
// A dot is as large as its ink is asked for by the pixel it falls on, so dots are cut at edges of the
// picture. Lengths are cells of the grid; colours and radii fitted to stills of the reference.

import * as chance from "./grading_chance.js";
import { smoothstep } from "./grading_colour.js";
import { scaleOf } from "./grading_pixels.js";

/** @import { Box, Effects } from "./types.d.ts" */

const PAPER = [249, 245, 236];
// What an ink leaves of the paper's light, and its grid's turn in degrees.
const INKS = [
  { ink: [12, 194, 203], turn: 15 },
  { ink: [226, 20, 113], turn: 75 },
  { ink: [244, 204, 19], turn: 0 },
  { ink: [28, 28, 26], turn: 45 },
].map(({ ink, turn }) => ({ left: ink.map((level, at) => level / PAPER[at]), turn }));
// Of cyan, magenta and yellow that black ink stands in for.
const REPLACED = 0.72;
const LARGEST = 0.68;
const SOFT = 0.055;

// What *turn* degrees make of a place, in cells from the box's bottom left.
/**
 * @param {number} turn
 * @param {number} cell
 * @returns {(placeRight: number, placeUp: number, wanted: number) => number}
 */
function grid(turn, cell, offset = [0, 0]) {
  const angle = (turn * Math.PI) / 180;
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return (placeRight, placeUp, wanted) => {
    const right = placeRight / cell + offset[0];
    const up = placeUp / cell + offset[1];
    const u = right * cosine + up * sine;
    const v = up * cosine - right * sine;
    const far = Math.hypot(u - Math.floor(u) - 0.5, v - Math.floor(v) - 0.5);
    const reach = LARGEST * Math.sqrt(wanted);
    return 1 - smoothstep(reach - SOFT, reach + SOFT, far);
  };
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 */
function halftone({ data, width, height }, box, { halftone: amount, halftoneSize }) {
  const cell = (10 + 18 * halftoneSize) * scaleOf(box);
  const grids = INKS.map(({ turn }) => grid(turn, cell));
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    for (let x = 0; x < width; x += 1, at += 4) {
      const right = box.left + (x + 0.5) * box.across;
      const black = 1 - Math.max(data[at], data[at + 1], data[at + 2]) / 255;
      const light = [...PAPER];
      for (let ink = 0; ink < 4; ink += 1) {
        const wanted = ink === 3 ? black : 1 - data[at + ink] / 255 - REPLACED * black;
        const covered = grids[ink](right, up, Math.max(wanted, 0));
        if (covered === 0) continue;
        for (let channel = 0; channel < 3; channel += 1) {
          light[channel] *= 1 - covered * (1 - INKS[ink].left[channel]);
        }
      }
      for (let channel = 0; channel < 3; channel += 1) {
        data[at + channel] += (light[channel] - data[at + channel]) * amount;
      }
    }
  }
}

// ---- two inks ---------------------------------------------------------------------------------------
const TWO_PAPER = [243.4, 232, 202.7];
const RED = [224, 33, 19];
const TEAL = [9, 73, 91];
const BOTH = [11, 14, 13];
// How far the second ink is beside the first, in cells.
const BESIDE = [0.12, -0.08];
// The paper's own unevenness, in levels.
const UNEVEN = 8;

// Red for what is warm or of middle brightness, teal for what is cool or dark.
/**
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 */
function twoInks(red, green, blue) {
  const luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const cool = Math.min(Math.max(((green + blue) / 2 - red) / 0.35, -1), 1);
  const deep = 0.32 + 0.68 * smoothstep(0, 0.34, luma);
  const warmInk = deep * (1 - smoothstep(0.28, 0.92, luma)) - 0.6 * cool;
  const coolInk = 1 - smoothstep(0.07, 0.71, luma) + 0.54 * cool;
  return [Math.min(Math.max(warmInk, 0), 1), Math.min(Math.max(coolInk, 0), 1)];
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 */
function twoInkPrint({ data, width, height }, box, { twoInkPrint: amount, twoInkPrintSize }) {
  const cell = (9 + 15 * twoInkPrintSize) * scaleOf(box);
  const redGrid = grid(15, cell);
  const tealGrid = grid(75, cell, BESIDE);
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    for (let x = 0; x < width; x += 1, at += 4) {
      const right = box.left + (x + 0.5) * box.across;
      const wanted = twoInks(data[at] / 255, data[at + 1] / 255, data[at + 2] / 255);
      const red = redGrid(right, up, wanted[0]);
      const teal = tealGrid(right, up, wanted[1]);
      const rough = UNEVEN * (chance.smooth(right, up, 5) - 0.5);
      for (let channel = 0; channel < 3; channel += 1) {
        const bare = (TWO_PAPER[channel] + rough) * (1 - red) + RED[channel] * red;
        const inked = TEAL[channel] * (1 - red) + BOTH[channel] * red;
        const light = bare * (1 - teal) + inked * teal;
        data[at + channel] += (light - data[at + channel]) * amount;
      }
    }
  }
}

export { halftone, twoInkPrint };
