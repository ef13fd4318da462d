// Fractal noise of an effect chain: layers of value noise, each finer and weaker than the last.
//
//   draw(pixels, params, density)              over *pixels*, in place
//
// Cells, weights, curves, contrast and drift are the reference's; which cell is how bright is decided
// by chance there, and by another generator here. `density` is pixels a CSS pixel.

import { bits } from "./grading_chance.js";

/** @typedef {Record<string, number>} Params Of the effect; see vfx_values.js. */
/** @typedef {{cell: number, weight: number, seed: number}} Layer */

const MOST_LAYERS = 20;
const LEAST_CELL = 0.01;
// From one cell to the next: not at all, straight, smooth, smoother.
/** @type {Record<number, (part: number) => number>} */
const CURVES = {
  1: () => 0,
  2: (part) => part,
  3: (part) => part * part * (3 - 2 * part),
  4: (part) => part ** 3 * (part * (6 * part - 15) + 10),
};

// 0 to 1.
/**
 * @param {number} x
 * @param {number} y
 * @param {number} seed
 */
const chance = (x, y, seed) => bits(x, y, seed) / 0xffffffff;

/**
 * @param {Params} params
 * @param {number} density
 * @returns {Layer[]}
 */
function layersOf({ complexity, scale, subScaling, subInfluence, randomSeed }, density) {
  const count = Math.min(Math.max(complexity, 1), MOST_LAYERS);
  return Array.from({ length: Math.ceil(count) }, (_, at) => ({
    cell: Math.max(scale * density * (subScaling / 100) ** at, LEAST_CELL),
    weight: (subInfluence / 100) ** at * Math.min(count - at, 1),
    seed: Math.imul(Math.round(randomSeed), 31) + at,
  }));
}

/**
 * @param {Float64Array} sums
 * @param {number} width
 * @param {number} height
 * @param {Layer} layer
 * @param {Params} params
 */
function add(sums, width, height, { cell, weight, seed }, { evolution, noiseType }) {
  const curve = CURVES[Math.round(noiseType)] ?? CURVES[3];
  const columns = Array.from({ length: width }, (_, x) => {
    const place = (x + 0.5) / cell + evolution;
    const left = Math.floor(place);
    return [left, curve(place - left)];
  });
  for (let y = 0, at = 0; y < height; y += 1) {
    const place = (height - y - 0.5) / cell + evolution / 2;
    const low = Math.floor(place);
    const up = curve(place - low);
    let corners = cornersOf(columns[0][0], low, seed);
    for (let x = 0; x < width; x += 1, at += 1) {
      const [left, along] = columns[x];
      if (corners.left !== left) corners = cornersOf(left, low, seed);
      const lower = corners.a + (corners.b - corners.a) * along;
      const upper = corners.c + (corners.d - corners.c) * along;
      sums[at] += weight * (lower + (upper - lower) * up);
    }
  }
}

/**
 * @param {number} left
 * @param {number} low
 * @param {number} seed
 */
const cornersOf = (left, low, seed) => ({
  left,
  a: chance(left, low, seed),
  b: chance(left + 1, low, seed),
  c: chance(left, low + 1, seed),
  d: chance(left + 1, low + 1, seed),
});

/**
 * @param {ImageData} pixels
 * @param {Params} params
 * @param {number} density
 */
function draw({ data, width, height }, params, density) {
  const layers = layersOf(params, density);
  const sums = new Float64Array(width * height);
  for (const layer of layers) add(sums, width, height, layer, params);
  const total = layers.reduce((sum, { weight }) => sum + weight, 0);
  const contrast = params.contrast / 100;
  const opacity = Math.min(Math.max(params.opacity / 100, 0), 1);
  for (let pixel = 0, at = 0; pixel < sums.length; pixel += 1, at += 4) {
    const bright = (sums[pixel] / total - 0.5) * contrast + 0.5 + params.brightness / 100;
    const level = Math.min(Math.max(bright, 0), 1);
    const grey = 255 * (params.invert ? 1 - level : level);
    const under = (data[at + 3] / 255) * (1 - opacity);
    const alpha = opacity + under;
    if (alpha === 0) continue;
    for (let channel = at; channel < at + 3; channel += 1) {
      data[channel] = (grey * opacity + data[channel] * under) / alpha;
    }
    data[at + 3] = 255 * alpha;
  }
}

export { draw };
