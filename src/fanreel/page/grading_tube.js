// The curved screen of a grade: the picture bent as by the glass of a tube, black around it.
//
//   bend(pixels, box, amount)                 ImageData
//   mask(pixels, box, amount)                 in place

import * as gradingColour from "./grading_colour.js";

/** @import { Box } from "./types.d.ts" */

const { smoothstep } = gradingColour;
// How soft the screen's edge is, of half the box.
const EDGE = 0.012;

// From the middle, where the box ends at 1, outwards: what is shown at a place lies further out.
/**
 * @param {number} size
 * @param {number} start
 * @param {number} step
 * @param {number} length
 */
function centred(size, start, step, length) {
  return Float64Array.from({ length: size }, (_, at) => {
    return (2 * (start + (at + 0.5) * step)) / length - 1;
  });
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 */
function axes({ width, height }, box) {
  return [
    centred(width, box.left, box.across, box.width),
    centred(height, box.top, box.down, box.height),
  ];
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} amount
 */
function bend(pixels, box, amount) {
  const { data, width, height } = pixels;
  const [columns, rows] = axes(pixels, box);
  const result = new ImageData(width, height);
  /** @type {(bent: number, start: number, step: number, length: number) => number} */
  const back = (bent, start, step, length) => (((bent + 1) / 2) * length - start) / step - 0.5;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) {
      const bulge = 1 + 0.5 * amount * (columns[x] ** 2 + rows[y] ** 2);
      const across = back(columns[x] * bulge, box.left, box.across, box.width);
      const down = back(rows[y] * bulge, box.top, box.down, box.height);
      const left = Math.min(Math.max(across, 0), width - 1);
      const top = Math.min(Math.max(down, 0), height - 1);
      const [column, row] = [Math.floor(left), Math.floor(top)];
      const right = column + 1 < width ? 4 : 0;
      const below = row + 1 < height ? 4 * width : 0;
      const [along, deep] = [left - column, top - row];
      const from = 4 * (row * width + column);
      for (let channel = 0; channel < 4; channel += 1) {
        const near = from + channel;
        const upper = data[near] * (1 - along) + data[near + right] * along;
        const lower = data[near + below] * (1 - along) + data[near + below + right] * along;
        result.data[at + channel] = upper * (1 - deep) + lower * deep;
      }
    }
  }
  return result;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} amount
 */
function mask(pixels, box, amount) {
  const { data, width, height } = pixels;
  const [columns, rows] = axes(pixels, box);
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) {
      const bulge = 1 + 0.5 * amount * (columns[x] ** 2 + rows[y] ** 2);
      const [across, down] = [Math.abs(columns[x] * bulge), Math.abs(rows[y] * bulge)];
      if (Math.max(across, down) < 1 - EDGE) continue;
      const light = smoothstep(0, EDGE, 1 - across) * smoothstep(0, EDGE, 1 - down);
      data[at] *= light;
      data[at + 1] *= light;
      data[at + 2] *= light;
      data[at + 3] = 255 - (255 - data[at + 3]) * light;
    }
  }
}

export { bend, mask };
