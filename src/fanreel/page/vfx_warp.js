// Effects of a chain that move pixels: each place shows what lies elsewhere, and nothing beyond the edge.
//
//   wave(pixels, params, density, seconds)             ImageData
//   displace(pixels, params, density)                  ImageData
//
// Measured on the reference; there, as here, upwards is positive and lengths are CSS pixels.

/** @typedef {Record<string, number>} Params Of the effect; see vfx_values.js. */

const TURN = 2 * Math.PI;
// The reference's wave begins one pixel to the left of the element.
const START = 1;

// Adds a pixel's share to *sum*: colours weighted by their alpha.
/**
 * @param {ImageData} pixels
 * @param {number} x
 * @param {number} y
 * @param {number} share
 * @param {number[]} sum
 */
function gather({ data, width, height }, x, y, share, sum) {
  if (share === 0 || x < 0 || y < 0 || x >= width || y >= height) return;
  const at = 4 * (y * width + x);
  const alpha = share * data[at + 3];
  sum[0] += alpha * data[at];
  sum[1] += alpha * data[at + 1];
  sum[2] += alpha * data[at + 2];
  sum[3] += alpha;
}

const sum = [0, 0, 0, 0];

/**
 * @param {ImageData} pixels
 * @param {number} x
 * @param {number} y
 * @param {Uint8ClampedArray} into
 * @param {number} at
 */
function sample(pixels, x, y, into, at) {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [along, down] = [x - left, y - top];
  sum.fill(0);
  gather(pixels, left, top, (1 - along) * (1 - down), sum);
  gather(pixels, left + 1, top, along * (1 - down), sum);
  gather(pixels, left, top + 1, (1 - along) * down, sum);
  gather(pixels, left + 1, top + 1, along * down, sum);
  if (sum[3] === 0) return;
  for (let channel = 0; channel < 3; channel += 1) into[at + channel] = sum[channel] / sum[3];
  into[at + 3] = sum[3];
}

// `shiftOf` gives how far to the right and up a place's colour lies. As in the reference, what lies
// beyond the edge is nothing at once, not by and by.
/**
 * @param {ImageData} pixels
 * @param {(x: number, y: number, at: number, shift: number[]) => void} shiftOf
 */
function warp(pixels, shiftOf) {
  const { width, height } = pixels;
  const result = new ImageData(width, height);
  const shift = [0, 0];
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 4) {
      shiftOf(x, y, at, shift);
      const [across, down] = [x + shift[0], y - shift[1]];
      if (across < -0.5 || down < -0.5 || across > width - 0.5 || down > height - 0.5) continue;
      const held = Math.min(Math.max(across, 0), width - 1);
      sample(pixels, held, Math.min(Math.max(down, 0), height - 1), result.data, at);
    }
  }
  return result;
}

/**
 * @param {ImageData} pixels
 * @param {Params} params
 * @param {number} density
 * @param {number} seconds
 */
function wave(pixels, { height, width, direction, speed, phase }, density, seconds) {
  if (width === 0) return pixels;
  const angle = (direction / 360) * TURN;
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const begun = speed * seconds + phase / 360;
  return warp(pixels, (x, y, _at, shift) => {
    const right = (x + 0.5) / density + START;
    const up = (pixels.height - y - 0.5) / density;
    const along = (right * sine - up * cosine) / width;
    const far = height * density * Math.sin(TURN * (along + begun));
    shift[0] = far * cosine;
    shift[1] = far * sine;
  });
}

// 1 red, 2 green, 3 blue, 4 alpha, 9 as far as it goes, 10 and 11 nowhere, all others luma.
/**
 * @param {number} use
 * @returns {(data: Uint8ClampedArray, at: number) => number}
 */
function channelOf(use) {
  const number = Math.max(Math.round(use), 1);
  if (number === 9) return () => 1;
  if (number > 9) return () => 0.5;
  if (number === 4) return (data, at) => data[at + 3] / 255;
  const weights = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ][number - 1] ?? [0.299, 0.587, 0.114];
  return (data, at) =>
    (weights[0] * data[at] + weights[1] * data[at + 1] + weights[2] * data[at + 2]) / 255;
}

/**
 * @param {ImageData} pixels
 * @param {Params} params
 * @param {number} density
 */
function displace(pixels, { useH, maxH, useV, maxV }, density) {
  const [across, up] = [channelOf(useH), channelOf(useV)];
  return warp(pixels, (_x, _y, at, shift) => {
    shift[0] = maxH * density * (2 * across(pixels.data, at) - 1);
    shift[1] = maxV * density * (2 * up(pixels.data, at) - 1);
  });
}

export { displace, wave };
