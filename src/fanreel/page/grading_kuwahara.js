// The painted look of a grade: each pixel takes the colours of the calmest quarter around it.
//
//   paint(pixels, box, effects)   ImageData
//
// Kuwahara's filter with soft choice: the means of the four squares that touch the pixel with a corner,
// weighted by a power of how little their colours vary. Fitted to stills of the reference.

import { copyOf, within } from "./grading_pixels.js";

/** @import { Box, Effects } from "./types.d.ts" */

const LEAST = 1e-6;

// Sums of what lies above and left, of the picture with its edges continued by *reach*: red, green,
// blue, and the sum of their squares.
/**
 * @param {ImageData} pixels
 * @param {number} reach
 */
function sumsOf({ data, width, height }, reach) {
  const across = width + 2 * reach + 1;
  const down = height + 2 * reach + 1;
  const sums = new Float64Array(4 * across * down);
  const line = [0, 0, 0, 0];
  for (let y = 1; y < down; y += 1) {
    line.fill(0);
    const row = 4 * width * within(y - 1 - reach, height - 1);
    for (let x = 1; x < across; x += 1) {
      const at = row + 4 * within(x - 1 - reach, width - 1);
      const red = data[at] / 255;
      const green = data[at + 1] / 255;
      const blue = data[at + 2] / 255;
      line[0] += red;
      line[1] += green;
      line[2] += blue;
      line[3] += red * red + green * green + blue * blue;
      const into = 4 * (y * across + x);
      for (let part = 0; part < 4; part += 1) {
        sums[into + part] = sums[into - 4 * across + part] + line[part];
      }
    }
  }
  return { sums, across };
}

// Adds one square's mean, weighted, to *mixed*: red, green, blue and the weight.
/**
 * @param {{sums: Float64Array, across: number}} table
 * @param {number} left
 * @param {number} top
 * @param {number} side
 * @param {number} power
 * @param {number[]} mixed
 */
function addSquare({ sums, across }, left, top, side, power, mixed) {
  const a = 4 * (top * across + left);
  const b = a + 4 * side;
  const c = a + 4 * side * across;
  const d = c + 4 * side;
  const share = 1 / (side * side);
  const red = (sums[d] - sums[b] - sums[c] + sums[a]) * share;
  const green = (sums[d + 1] - sums[b + 1] - sums[c + 1] + sums[a + 1]) * share;
  const blue = (sums[d + 2] - sums[b + 2] - sums[c + 2] + sums[a + 2]) * share;
  const squares = (sums[d + 3] - sums[b + 3] - sums[c + 3] + sums[a + 3]) * share;
  const varying = squares - red * red - green * green - blue * blue;
  const weight = (Math.max(varying, 0) + LEAST) ** -power;
  mixed[0] += weight * red;
  mixed[1] += weight * green;
  mixed[2] += weight * blue;
  mixed[3] += weight;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 */
function paint(pixels, box, effects) {
  const { data, width, height } = pixels;
  const amount = effects.kuwahara;
  const scale = Math.sqrt(box.across * box.down);
  const reach = Math.max(Math.round((2 + 14 * effects.kuwaharaRadius) / scale), 1);
  const power = 1 + 8 * effects.kuwaharaSharpness;
  const vivid = 2 * effects.kuwaharaSaturation;
  const table = sumsOf(pixels, reach);
  const result = copyOf(pixels);
  const mixed = [0, 0, 0, 0];
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) {
      mixed.fill(0);
      addSquare(table, x, y, reach + 1, power, mixed);
      addSquare(table, x + reach, y, reach + 1, power, mixed);
      addSquare(table, x, y + reach, reach + 1, power, mixed);
      addSquare(table, x + reach, y + reach, reach + 1, power, mixed);
      const weight = mixed[3];
      const luma = (0.2126 * mixed[0] + 0.7152 * mixed[1] + 0.0722 * mixed[2]) / weight;
      for (let channel = 0; channel < 3; channel += 1) {
        const painted = 255 * (luma + (mixed[channel] / weight - luma) * vivid);
        const held = Math.min(Math.max(painted, 0), 255);
        result.data[at + channel] = data[at + channel] + (held - data[at + channel]) * amount;
      }
    }
  }
  return result;
}

export { paint };
