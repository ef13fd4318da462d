// The blur of a grade: the picture mixed with a softened one.
//
//   soften(pixels, box, amount)                 ImageData
//
// The browser's own Gaussian does the work. What lies beyond the edge is the edge's colour, as a
// texture unit has it.

import { canvasOf } from "./canvas_2d.js";

/** @import { Box } from "./types.d.ts" */

// Spread in CSS pixels by amount; measured on the reference at 160 and 320 pixels' width.
const SPREADS = [
  [0, 0.5],
  [0.1, 1.3],
  [0.2, 2.6],
  [0.3, 4.05],
  [0.45, 6.7],
  [0.6, 11.5],
  [0.8, 17.5],
  [1, 22.7],
];

/** @param {number} amount */
function spreadOf(amount) {
  const at = Math.max(
    SPREADS.findIndex(([known]) => known >= amount),
    1,
  );
  const [from, low] = SPREADS[at - 1];
  const [to, high] = SPREADS[at];
  return low + ((high - low) * (amount - from)) / (to - from);
}

/**
 * @param {ImageData} pixels
 * @param {number} reach
 */
function padded(pixels, reach) {
  const { width, height } = pixels;
  const [plain, plainContext] = canvasOf(width, height);
  plainContext.putImageData(pixels, 0, 0);
  const [wide, context] = canvasOf(width + 2 * reach, height + 2 * reach);
  context.imageSmoothingEnabled = false;
  const columns = [
    [0, 1, 0, reach],
    [0, width, reach, width],
    [width - 1, 1, reach + width, reach],
  ];
  const rows = [
    [0, 1, 0, reach],
    [0, height, reach, height],
    [height - 1, 1, reach + height, reach],
  ];
  for (const [x, across, left, wideAcross] of columns) {
    for (const [y, down, top, wideDown] of rows) {
      context.drawImage(plain, x, y, across, down, left, top, wideAcross, wideDown);
    }
  }
  return wide;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} amount
 */
function soften(pixels, box, amount) {
  const { width, height } = pixels;
  const spread = spreadOf(amount) / Math.sqrt(box.across * box.down);
  const reach = Math.ceil(3 * spread);
  const [, context] = canvasOf(width, height);
  context.filter = `blur(${spread}px)`;
  context.drawImage(padded(pixels, reach), -reach, -reach);
  const result = context.getImageData(0, 0, width, height);
  for (let at = 0; at < result.data.length; at += 1) {
    result.data[at] = pixels.data[at] + (result.data[at] - pixels.data[at]) * amount;
  }
  return result;
}

export { soften };
