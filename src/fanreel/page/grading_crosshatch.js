// The hatched look of a grade: up to four sets of waving lines where the picture is dark, and its edges.
//
//   draw(pixels, box, values, seconds, plain)   in place; *plain* are the lumas of the picture, whose
//                                              edges are drawn, before any other look
//
// Lengths are CSS pixels of the element. Fitted to stills of the reference with each control at its
// ends. The waves run along the lines in time; chance decides which line is how heavy.

import * as chance from "./grading_chance.js";
import { smoothstep } from "./grading_colour.js";
import { lumaAt, mix } from "./grading_pixels.js";

/** @import { Box, Effects, Look } from "./types.d.ts" */

const INK_AND_PAPER = [
  [26 / 255, 26 / 255, 26 / 255],
  [245 / 255, 245 / 255, 220 / 255],
];
// From the first set on: its turn, spacing and thickness, and the lumas at which it is all there
// and not there at all.
const SETS = [
  { turn: 0, apart: 1, thick: 1, full: 0.6, none: 0.8 },
  { turn: Math.PI / 2, apart: 0.95, thick: 0.9, full: 0.4, none: 0.6 },
  { turn: Math.PI / 4, apart: 0.9, thick: 0.8, full: 0.2, none: 0.4 },
  { turn: -Math.PI / 4, apart: 0.85, thick: 0.7, full: 0.1, none: 0.25 },
];
/** @typedef {{wave: number, frequency: number, weight: number}} Lines */
const SOFT = 0.5;
const SHADE = 0.8;
const SHADE_NONE = 0.1;

/**
 * @param {Effects} effects
 * @param {number} seconds
 */
function setsOf(effects, seconds) {
  const spacing = mix(5, 30, effects.crosshatchSpacing);
  const thickness = mix(1, 5, effects.crosshatchThickness);
  return SETS.map(({ turn, apart, thick, full, none }, at) => {
    const angle = turn - Math.PI * effects.crosshatchAngle;
    return {
      along: [Math.cos(angle), Math.sin(angle)],
      apart: spacing * apart,
      thick: thickness * thick,
      full,
      none,
      phase: seconds + at + 1,
      seed: at,
    };
  });
}

/**
 * @param {ReturnType<typeof setsOf>[number]} set
 * @param {number} right
 * @param {number} up
 * @param {Lines} lines
 */
function lineAt(set, right, up, { wave, frequency, weight }) {
  const { along, apart, thick, phase, seed } = set;
  const u = right * along[0] + up * along[1];
  const v = up * along[0] - right * along[1] + wave * Math.sin(u * frequency + phase);
  const line = Math.floor(v / apart);
  const far = Math.abs(v / apart - line - 0.5) * apart;
  const heavy = weight > 0 ? 1 + weight * (chance.of(line, seed, 11) - 0.5) : 1;
  const half = (thick * heavy) / 2;
  return 1 - smoothstep(half - SOFT, half + SOFT, far);
}

// ---- the picture's edges ----------------------------------------------------------------------------
// Sobel's operator.
/**
 * @param {ArrayLike<number>} lumas
 * @param {number} width
 * @param {number} height
 * @param {number} x
 * @param {number} y
 */
function steepness(lumas, width, height, x, y) {
  const left = Math.max(x - 1, 0);
  const right = Math.min(x + 1, width - 1);
  const above = Math.max(y - 1, 0) * width;
  const here = y * width;
  const below = Math.min(y + 1, height - 1) * width;
  const across =
    lumas[above + right] +
    2 * lumas[here + right] +
    lumas[below + right] -
    (lumas[above + left] + 2 * lumas[here + left] + lumas[below + left]);
  const down =
    lumas[below + left] +
    2 * lumas[below + x] +
    lumas[below + right] -
    (lumas[above + left] + 2 * lumas[above + x] + lumas[above + right]);
  return Math.hypot(across, down);
}

// ---- drawing ----------------------------------------------------------------------------------------
// What lines leave of the paper, 0 to 1.
/**
 * @param {number} luma
 * @param {number} right
 * @param {number} up
 * @param {ReturnType<typeof setsOf>} sets
 * @param {Lines} lines
 */
function bareOfLines(luma, right, up, sets, lines) {
  let bare = 1 - SHADE * (1 - smoothstep(0, SHADE_NONE, luma));
  for (const set of sets) {
    if (luma >= set.none) continue;
    const shown = 1 - smoothstep(set.full, set.none, luma);
    bare *= 1 - shown * lineAt(set, right, up, lines);
  }
  return bare;
}

/**
 * @param {ArrayLike<number>} plain
 * @param {number} width
 * @param {number} height
 * @param {number} x
 * @param {number} y
 * @param {number} edges
 */
function bareOfEdges(plain, width, height, x, y, edges) {
  if (edges === 0) return 1;
  return 1 - Math.min(edges * smoothstep(0.1, 0.3, steepness(plain, width, height, x, y)), 1);
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Look} look
 * @param {number} seconds
 * @param {ArrayLike<number>} plain
 */
function draw(pixels, box, { effects, palette }, seconds, plain) {
  const { data, width, height } = pixels;
  const colours = palette ?? INK_AND_PAPER;
  const [ink, paper] = [colours[0], colours[colours.length - 1]];
  const sets = setsOf(effects, seconds);
  const lines = {
    wave: 5 * effects.crosshatchWave,
    frequency: mix(0.02, 0.2, effects.crosshatchWaveFrequency),
    weight: effects.crosshatchLineWeight,
  };
  const power = mix(0.5, 2, effects.crosshatchContrast);
  const edges = 2 * effects.crosshatchEdges;
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    for (let x = 0; x < width; x += 1, at += 4) {
      const light = lumaAt(data, at);
      const right = box.left + (x + 0.5) * box.across;
      const bare =
        bareOfLines((light / 255) ** power, right, up, sets, lines) *
        bareOfEdges(plain, width, height, x, y, edges);
      for (let channel = 0; channel < 3; channel += 1) {
        const drawn = 255 * mix(ink[channel], paper[channel], bare);
        data[at + channel] = mix(data[at + channel], drawn, effects.crosshatch);
      }
    }
  }
}

export { draw };
