// The chroma of a grade's picture smeared along its rows, as video of little bandwidth has it.
//
//   smear(pixels, box, amount)                  ImageData; each pixel keeps its own luma

import { copyOf, lumaAt } from "./grading_pixels.js";

/** @import { Box } from "./types.d.ts" */

// Of the pixels two and one steps to the left, the pixel itself, and those to the right.
const WEIGHTS = [1, 4, 6, 4, 1].map((part) => part / 16);

// A row's colours without their luma, three numbers a pixel; and the lumas.
/**
 * @param {Uint8ClampedArray} data
 * @param {number} start
 * @param {number} width
 * @param {Float32Array | Float64Array} chroma
 * @param {Float32Array | Float64Array} lumas
 */
function split(data, start, width, chroma, lumas) {
  for (let x = 0; x < width; x += 1) {
    const at = start + 4 * x;
    lumas[x] = lumaAt(data, at);
    for (let channel = 0; channel < 3; channel += 1) {
      chroma[3 * x + channel] = data[at + channel] - lumas[x];
    }
  }
}

// Adds the chroma of the places *shift* pixels further on, between two pixels where that falls.
/**
 * @param {Float32Array | Float64Array} chroma
 * @param {number} width
 * @param {number} shift
 * @param {number} weight
 * @param {Float32Array | Float64Array} sums
 */
function gather(chroma, width, shift, weight, sums) {
  const last = width - 1;
  for (let x = 0; x < width; x += 1) {
    const place = Math.min(Math.max(x + shift, 0), last);
    const left = Math.floor(place);
    const far = weight * (place - left);
    const near = weight - far;
    const from = 3 * left;
    const next = 3 * Math.min(left + 1, last);
    sums[3 * x] += near * chroma[from] + far * chroma[next];
    sums[3 * x + 1] += near * chroma[from + 1] + far * chroma[next + 1];
    sums[3 * x + 2] += near * chroma[from + 2] + far * chroma[next + 2];
  }
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} amount
 */
function smear(pixels, box, amount) {
  const { data, width, height } = pixels;
  const result = copyOf(pixels);
  const step = (1 + 3 * amount) / box.across;
  const chroma = new Float64Array(3 * width);
  const sums = new Float64Array(3 * width);
  const lumas = new Float64Array(width);
  for (let y = 0; y < height; y += 1) {
    const start = 4 * y * width;
    split(data, start, width, chroma, lumas);
    sums.fill(0);
    for (let at = 0; at < 5; at += 1) {
      gather(chroma, width, (at - 2) * step, WEIGHTS[at] * amount, sums);
    }
    for (let x = 0; x < width; x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        const at = 3 * x + channel;
        const value = lumas[x] + chroma[at] * (1 - amount) + sums[at];
        result.data[start + 4 * x + channel] = value;
      }
    }
  }
  return result;
}

export { smear };
