// The one-ink screen of a grade: dots, squares, diamonds, triangles or lines, as large as it is dark.
//
//   draw(pixels, box, values)                 in place
//
// The luma of each place says how far the shape of its cell reaches there, so that edges of the picture
// cut through shapes. Lengths are cells; fitted to stills of the reference at six sizes and turns, five
// shapes and three spreads.

import { lumaAt, scaleOf, within } from "./grading_pixels.js";

/** @import { Box, Look } from "./types.d.ts" */

const BLACK_AND_WHITE = [
  [0, 0, 0],
  [1, 1, 1],
];
// How far a place is from the middle of its cell; how far the shape of black reaches, and by which power
// of darkness without and with all spread; how soft its edge is.
const ROUND = { largest: 0.7, power: 0.82, spread: 0.55, soft: 0.0175 };
/** @type {(typeof ROUND & {far: (right: number, up: number) => number})[]} */
const SHAPES = [
  { ...ROUND, far: (right, up) => Math.hypot(right, up) },
  { ...ROUND, far: (right, up) => Math.max(Math.abs(right), Math.abs(up)) },
  { ...ROUND, far: (right, up) => Math.abs(right) + Math.abs(up) },
  { ...ROUND, far: (right, up) => Math.max(Math.abs(right) * 0.866 + up * 0.5, -up) },
  { largest: 0.32, power: 0.76, spread: 0.49, soft: 0.025, far: (_right, up) => Math.abs(up) },
];

/** @type {(box: Box, size: number) => number} */
const cellOf = (box, size) => (8 + 28 * size) * scaleOf(box);

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Look} look
 */
function draw(pixels, box, { effects, palette }) {
  const { data, width, height } = pixels;
  const colours = palette ?? BLACK_AND_WHITE;
  const [dark, light] = [colours[0], colours[colours.length - 1]];
  const angle = (effects.monoScreenAngle * Math.PI) / 2;
  /** @type {[number, number]} */
  const turn = [Math.cos(angle), Math.sin(angle)];
  const cell = cellOf(box, effects.monoScreenSize);
  const shape = SHAPES[Math.round(effects.monoScreenShape)];
  const power = shape.power - shape.spread * effects.monoScreenSpread;
  const isInverted = effects.monoScreenInvert > 0.5;
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    for (let x = 0; x < width; x += 1, at += 4) {
      const right = box.left + (x + 0.5) * box.across;
      const u = (right * turn[0] + up * turn[1]) / cell;
      const v = (up * turn[0] - right * turn[1]) / cell;
      const luma = lumaAt(data, at) / 255;
      const reach = shape.largest * (isInverted ? luma : 1 - luma) ** power;
      const away = shape.far(u - Math.floor(u) - 0.5, v - Math.floor(v) - 0.5) - reach;
      const part = within((away + shape.soft) / (2 * shape.soft), 1);
      const paper = part * part * (3 - 2 * part);
      for (let channel = 0; channel < 3; channel += 1) {
        const ink = 255 * (dark[channel] + (light[channel] - dark[channel]) * paper);
        data[at + channel] += (ink - data[at + channel]) * effects.monoScreen;
      }
    }
  }
}

export { draw };
