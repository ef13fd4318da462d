// Worn film of a grade: now and then a light scratch from top to bottom, for one frame.
//
//   scratch(pixels, box, effects, frame)   in place
//
// Chance decides when and where; how often, how wide and how light is as on the reference.

import * as chance from "./grading_chance.js";
import { smoothstep } from "./grading_colour.js";

/** @import { Box } from "./types.d.ts" */

const HOW_OFTEN = 0.27;
// CSS pixels to each side.
const REACH = 1.4;
// What shines through, and how much of it.
const LIGHT = [245, 230, 197];
const SHARE = 0.265;

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Record<string, number>} effects
 * @param {number} frame
 */
function scratch({ data, width, height }, box, { filmArtifacts: amount }, frame) {
  if (chance.of(frame, 0, 31) >= HOW_OFTEN) return;
  const middle = chance.of(frame, 1, 31) * box.width;
  for (let x = 0; x < width; x += 1) {
    const far = Math.abs(box.left + (x + 0.5) * box.across - middle);
    if (far >= REACH) continue;
    const share = amount * SHARE * (1 - smoothstep(0, REACH, far));
    for (let y = 0, at = 4 * x; y < height; y += 1, at += 4 * width) {
      for (let channel = 0; channel < 3; channel += 1) {
        data[at + channel] += (LIGHT[channel] - data[at + channel]) * share;
      }
    }
  }
}

export { scratch };
