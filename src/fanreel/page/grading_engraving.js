// The engraved look of a grade: one set of waving lines, as thick as the picture is dark.
//
//   draw(pixels, box, values)   in place
//
// Lengths are CSS pixels of the element. Fitted to stills of the reference with each control at its
// ends; nothing is drawn where the picture is all but white.

import { smoothstep } from "./grading_colour.js";
import { lumaAt, mix } from "./grading_pixels.js";

/** @import { Box, Effects, Look } from "./types.d.ts" */

const INK_AND_PAPER = [
  [26 / 255, 26 / 255, 26 / 255],
  [245 / 255, 245 / 255, 220 / 255],
];

/** @param {Effects} effects */
function measuresOf(effects) {
  const angle = Math.PI * effects.engravingAngle;
  return {
    along: [Math.cos(angle), Math.sin(angle)],
    spacing: mix(3, 20, effects.engravingSpacing),
    thin: mix(0.2, 2, effects.engravingMinThickness),
    thick: mix(1, 8, effects.engravingMaxThickness),
    power: mix(0.5, 2, effects.engravingContrast),
    soft: mix(1, 0.3, effects.engravingSharpness),
    wave: 3 * effects.engravingWave,
    turn: mix(0.01, 0.1, effects.engravingWaveFrequency),
  };
}

// How much of a place is line, from 0 to 1.
/**
 * @param {number} right
 * @param {number} up
 * @param {number} luma
 * @param {ReturnType<typeof measuresOf>} measures
 */
function lineAt(right, up, luma, measures) {
  const { along, spacing, thin, thick, power, soft, wave, turn } = measures;
  const u = right * along[0] + up * along[1];
  const v = up * along[0] - right * along[1] + wave * Math.sin(u * turn);
  const far = Math.abs(v / spacing - Math.floor(v / spacing) - 0.5) * spacing;
  const half = mix(thin, thick, 1 - luma ** power) / 2;
  return (1 - smoothstep(half - soft, half + soft, far)) * (1 - smoothstep(0.9, 0.98, luma));
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Look} look
 */
function draw({ data, width, height }, box, { effects, palette }) {
  const colours = palette ?? INK_AND_PAPER;
  const [ink, paper] = [colours[0], colours[colours.length - 1]];
  const measures = measuresOf(effects);
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    for (let x = 0; x < width; x += 1, at += 4) {
      const luma = lumaAt(data, at) / 255;
      const right = box.left + (x + 0.5) * box.across;
      const line = lineAt(right, up, luma, measures);
      for (let channel = 0; channel < 3; channel += 1) {
        const drawn = 255 * mix(paper[channel], ink[channel], line);
        data[at + channel] = mix(data[at + channel], drawn, effects.engraving);
      }
    }
  }
}

export { draw };
