// The glow around what is bright in a grade's picture.
//
//   lightOf(pixels, box, effects)   what glows, three numbers a pixel
//   add(pixels, light)              in place
//
// As on the reference: what is lighter than half, at half the size, softened by nine taps across and
// nine down, is added to the picture. The taps stand apart with a large radius, which shows as steps.

/** @import { Box, Effects } from "./types.d.ts" */

const WEIGHTS = [0.227027, 0.1945946, 0.1216216, 0.054054, 0.016216];
// Here the reference weighs as BT.601 does.
const THRESHOLD = 0.5 * 255;

// The bright of the picture at half its size, three numbers a pixel.
/** @param {ImageData} pixels */
function bright({ data, width, height }) {
  const [across, down] = [Math.max(width >> 1, 1), Math.max(height >> 1, 1)];
  const light = new Float32Array(3 * across * down);
  for (let y = 0, into = 0; y < down; y += 1) {
    const upper = 4 * width * Math.min(2 * y, height - 1);
    const lower = 4 * width * Math.min(2 * y + 1, height - 1);
    for (let x = 0; x < across; x += 1, into += 3) {
      const left = 4 * Math.min(2 * x, width - 1);
      const right = 4 * Math.min(2 * x + 1, width - 1);
      const mean = [0, 1, 2].map(
        (channel) =>
          (data[upper + left + channel] +
            data[upper + right + channel] +
            data[lower + left + channel] +
            data[lower + right + channel]) /
          4,
      );
      const luma = 0.299 * mean[0] + 0.587 * mean[1] + 0.114 * mean[2];
      if (luma > THRESHOLD) light.set(mean, into);
    }
  }
  return { light, across, down };
}

// Nine taps, *step* pixels apart, along rows (*stride* 1) or columns (*stride* their length).
/**
 * @param {Float32Array} from
 * @param {number} length
 * @param {number} stride
 * @param {number} lines
 * @param {number} lineStride
 * @param {number} step
 */
function soften(from, length, stride, lines, lineStride, step) {
  const into = new Float32Array(from.length);
  const last = length - 1;
  for (let tap = -4; tap <= 4; tap += 1) {
    const weight = WEIGHTS[Math.abs(tap)];
    for (let at = 0; at < length; at += 1) {
      const place = Math.min(Math.max(at + tap * step, 0), last);
      const first = Math.floor(place);
      const far = weight * (place - first);
      const near = weight - far;
      const one = 3 * first * stride;
      const two = 3 * Math.min(first + 1, last) * stride;
      const target = 3 * at * stride;
      for (let line = 0; line < lines; line += 1) {
        const start = 3 * line * lineStride;
        for (let channel = start; channel < start + 3; channel += 1) {
          into[target + channel] += near * from[one + channel] + far * from[two + channel];
        }
      }
    }
  }
  return into;
}

// Places of pixels among those half as many: the two around each, and how near the second is.
/**
 * @param {number} size
 * @param {number} half
 */
function halves(size, half) {
  return Array.from({ length: size }, (_, at) => {
    const place = Math.min(Math.max(((at + 0.5) * half) / size - 0.5, 0), half - 1);
    const first = Math.floor(place);
    return [first, Math.min(first + 1, half - 1), place - first];
  });
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 */
function lightOf(pixels, box, { bloom, bloomRadius }) {
  const { width, height } = pixels;
  const { light, across, down } = bright(pixels);
  const along = soften(light, across, 1, down, across, bloomRadius / 4 / box.across);
  const spread = soften(along, down, across, across, 1, bloomRadius / 4 / box.down);
  const columns = halves(width, across);
  const rows = halves(height, down);
  const result = new Float32Array(3 * width * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    const [above, below, deep] = rows[y];
    for (let x = 0; x < width; x += 1, at += 3) {
      const [left, right, far] = columns[x];
      for (let channel = 0; channel < 3; channel += 1) {
        const upper = 3 * above * across + channel;
        const lower = 3 * below * across + channel;
        const top = spread[upper + 3 * left] * (1 - far) + spread[upper + 3 * right] * far;
        const bottom = spread[lower + 3 * left] * (1 - far) + spread[lower + 3 * right] * far;
        result[at + channel] = bloom * (top * (1 - deep) + bottom * deep);
      }
    }
  }
  return result;
}

/**
 * @param {ImageData} pixels
 * @param {ArrayLike<number>} light
 */
function add({ data }, light) {
  for (let at = 0, from = 0; at < data.length; at += 4, from += 3) {
    data[at] += light[from];
    data[at + 1] += light[from + 1];
    data[at + 2] += light[from + 2];
  }
}

export { add, lightOf };
