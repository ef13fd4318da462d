// Ordered dithering of a grade: every pixel one of the palette's colours, by a pattern of 4 × 4 cells.
//
//   draw(pixels, box, values)                   in place

import { lumaAt, scaleOf } from "./grading_pixels.js";

/** @import { Box, Look } from "./types.d.ts" */

// Bayer's order, rows from the bottom.
const ORDER = [15, 7, 13, 5, 3, 11, 1, 9, 12, 4, 14, 6, 0, 8, 2, 10];
const BLACK_AND_WHITE = [
  [0, 0, 0],
  [1, 1, 1],
];

// Cells grow with the element, and are never smaller than a pixel.
/** @type {(box: Box, size: number) => number} */
const cellOf = (box, size) => Math.max((2 + 8 * size) * scaleOf(box), 1);

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Look} look
 */
function draw({ data, width, height }, box, { effects, palette }) {
  const colours = palette ?? BLACK_AND_WHITE;
  const { dither, ditherSize } = effects;
  const cell = cellOf(box, ditherSize);
  const wrapped = (/** @type {number} */ place) => ((Math.floor(place / cell) % 4) + 4) % 4;
  const columns = Uint8Array.from({ length: width }, (_, x) =>
    wrapped(box.left + (x + 0.5) * box.across),
  );
  const most = colours.length - 1;
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = 4 * wrapped(box.height - box.top - (y + 0.5) * box.down);
    for (let x = 0; x < width; x += 1, at += 4) {
      const luma = lumaAt(data, at);
      const level = (luma / 255) * most;
      const whole = Math.min(Math.floor(level), most);
      const isNext = level - whole > (ORDER[row + columns[x]] + 0.5) / 16;
      const colour = colours[Math.min(whole + Number(isNext), most)];
      for (let channel = 0; channel < 3; channel += 1) {
        const plain = data[at + channel];
        data[at + channel] = plain + (colour[channel] * 255 - plain) * dither;
      }
    }
  }
}

export { draw };
