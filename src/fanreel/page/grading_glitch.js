// Digital disruption of a grade: split colours, torn lines, coarse regions, and blocks out of place.
//
//   disrupt(pixels, box, effects, seconds)   ImageData
//
// Chance decides what is hit, and it is ours; how much is hit and how far it moves is as on the
// reference. Everything stands still unless it has a speed.

import * as chance from "./grading_chance.js";
import { colourAt, copyOf } from "./grading_pixels.js";

/** @import { Box, Effects } from "./types.d.ts" */

const STEPS_A_SECOND = 24;
const REGIONS = 4;
// Of the box's width: the widest split and the widest tear; of a block's way, width and height.
const WIDEST_SPLIT = 0.122;
const WIDEST_TEAR = 0.39;
const FARTHEST = [0.2, 0.08];
// Blocks of each kind, by chance; the rest is only moved.
const BRIGHTENED = 0.027;
const DARKENED = 0.054;
const UNMOVED = 0.5;

const UNTOUCHED = { right: 0, up: 0, light: 1, isInverted: false };

// How far red and blue are apart in a region.
/**
 * @param {number} column
 * @param {number} row
 * @param {number} seed
 * @param {number} split
 */
function splitOf(column, row, seed, split) {
  const picked = chance.of(column, row, seed + 1);
  return picked < 0.25 ? 0 : split * WIDEST_SPLIT * (0.5 + 0.5 * chance.of(column, row, seed + 2));
}

/**
 * @param {number} line
 * @param {number} seed
 * @param {number} tear
 */
function tearOf(line, seed, tear) {
  if (tear === 0 || chance.of(line, 0, seed + 3) > 1.5 * tear) return 0;
  return tear * WIDEST_TEAR * chance.around(chance.of(line, 1, seed + 3));
}

// The middle of the coarse pixel a place lies in, in shares of the box; itself where nothing is coarse.
/**
 * @param {number} across
 * @param {number} up
 * @param {number} seed
 * @param {number} amount
 */
function coarse(across, up, seed, amount) {
  const [column, row] = [Math.floor(across * REGIONS), Math.floor(up * REGIONS)];
  if (chance.of(column, row, seed + 4) >= 0.5 * amount) return [across, up];
  const many = REGIONS * Math.round(1.3 + 4 * chance.of(column, row, seed + 5));
  const rows = REGIONS * Math.round(2 + 2 * chance.of(column, row, seed + 6));
  return [(Math.floor(across * many) + 0.5) / many, (Math.floor(up * rows) + 0.5) / rows];
}

// What is done to the block of a place: {right, up} to move by, and how its colours change.
/**
 * @param {number} across
 * @param {number} up
 * @param {number} seed
 * @param {Effects} effects
 */
function blockOf(across, up, seed, effects) {
  const many = 8 + 60 * effects.digitalGlitchBlockAmount;
  const [column, row] = [Math.floor(across * many), Math.floor(up * many)];
  const kind = chance.of(column, row, seed + 7);
  const far = effects.digitalGlitchBlockDisplacement;
  const block = { ...UNTOUCHED, isInverted: kind > 1 - 0.2 * far };
  if (kind < BRIGHTENED) block.light = 1.48;
  else if (kind < DARKENED) block.light = 0.575;
  else if (kind > UNMOVED) {
    block.right = far * FARTHEST[0] * chance.around(chance.of(column, row, seed + 8));
    block.up = far * FARTHEST[1] * chance.around(chance.of(column, row, seed + 9));
  }
  return block;
}

/**
 * @param {number} level
 * @param {{light: number, isInverted: boolean}} block
 * @param {number} opacity
 */
function changed(level, { light, isInverted }, opacity) {
  const drawn = Math.min((isInverted ? 255 - level : level) * light, 255);
  return level + (drawn - level) * opacity;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {[right: number, up: number]} place
 * @param {number} line
 * @param {Effects} effects
 * @param {number} seed
 */
function disruptedAt(pixels, box, [right, up], line, effects, seed) {
  const { digitalGlitchBlockOpacity: opacity } = effects;
  const block =
    opacity > 0 ? blockOf(right / box.width, up / box.height, seed, effects) : UNTOUCHED;
  const across =
    right / box.width + block.right + tearOf(line, seed, effects.digitalGlitchLineTear);
  const place = coarse(across, up / box.height + block.up, seed, effects.digitalGlitchPixelate);
  const [column, row] = place.map((share) => Math.floor(share * REGIONS));
  const split = splitOf(column, row, seed, effects.digitalGlitchColorSplit);
  const at = (/** @type {number} */ moved) =>
    colourAt(pixels, box, (place[0] + moved) * box.width, place[1] * box.height);
  const middle = at(0);
  const levels = split > 0 ? [at(split)[0], middle[1], at(-split)[2]] : middle;
  return opacity > 0 ? levels.map((level) => changed(level, block, opacity)) : levels;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 * @param {number} seconds
 */
function disrupt(pixels, box, effects, seconds) {
  const { data, width, height } = pixels;
  const amount = effects.digitalGlitch;
  const seed = 16 * Math.floor(seconds * STEPS_A_SECOND * effects.digitalGlitchSpeed);
  const result = copyOf(pixels);
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    const line = Math.floor(up);
    for (let x = 0; x < width; x += 1, at += 4) {
      const right = box.left + (x + 0.5) * box.across;
      const levels = disruptedAt(pixels, box, [right, up], line, effects, seed);
      for (let channel = 0; channel < 3; channel += 1) {
        const plain = data[at + channel];
        result.data[at + channel] = plain + (levels[channel] - plain) * amount;
      }
    }
  }
  return result;
}

export { disrupt };
