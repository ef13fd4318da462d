// Effects of a grade: where a pixel takes its colour from, and what is laid over it.
//
//   before(pixels, box, effects, moment)                  ImageData for the colour formulas
//   after(pixels, box, values, moment, source)            draws over graded pixels, in place;
//                                                         *source* are those before all of it
//   DRAWN                                                 names of the amounts that are drawn
//
// `moment` is the frame shown and its time: {frame, seconds}. `box` says where pixels lie in the element, see grading_finish.js. Lengths are CSS pixels of the
// element, and patterns begin at its bottom left, as in the shader whose look this is.

import * as gradingAscii from "./grading_ascii.js";
import * as gradingBleed from "./grading_bleed.js";
import * as gradingBloom from "./grading_bloom.js";
import * as gradingBlur from "./grading_blur.js";
import * as gradingColour from "./grading_colour.js";
import * as gradingCrosshatch from "./grading_crosshatch.js";
import * as gradingDither from "./grading_dither.js";
import * as gradingEngraving from "./grading_engraving.js";
import * as gradingFilm from "./grading_film.js";
import * as gradingGlitch from "./grading_glitch.js";
import * as gradingGrain from "./grading_grain.js";
import * as gradingInks from "./grading_inks.js";
import * as gradingKuwahara from "./grading_kuwahara.js";
import * as gradingMono from "./grading_mono.js";
import { copyOf, lumasOf } from "./grading_pixels.js";
import * as gradingTape from "./grading_tape.js";
import * as gradingTube from "./grading_tube.js";

/** @import { Box, Effects, Look } from "./types.d.ts" */

/** @typedef {{frame: number, seconds: number}} Moment */
/** @typedef {[first: number, second: number, share: number]} Between */

const { smoothstep } = gradingColour;
const BEFORE = [
  "crtCurvature",
  "digitalGlitch",
  "tapeDamage",
  "blur",
  "kuwahara",
  "pixelate",
  "chromaticAberration",
  "chromaBleed",
];
const REDRAWN = "engraving crosshatch monoScreen halftone twoInkPrint dither ascii".split(" ");
const DRAWN = new Set([...BEFORE, ...REDRAWN, "bloom", "filmArtifacts", "scanlines"]);
/**
 * @param {number} value
 * @param {number} most
 */
const within = (value, most) => Math.min(Math.max(value, 0), most);

// ---- sampling ---------------------------------------------------------------------------------------
// Places between pixels: the two around it, and how near the second is.
/**
 * @param {number} place
 * @param {number} size
 * @returns {Between}
 */
function between(place, size) {
  const held = within(place, size - 1);
  const first = Math.floor(held);
  return [first, Math.min(first + 1, size - 1), held - first];
}

/**
 * @param {ImageData} pixels
 * @param {Between[]} columns
 * @param {Between[]} rows
 * @param {number[]} channels
 */
function resample(pixels, columns, rows, channels) {
  const { data, width, height } = pixels;
  const result = copyOf(pixels);
  for (let y = 0; y < height; y += 1) {
    const [above, below, down] = rows[y];
    for (let x = 0; x < width; x += 1) {
      const [left, right, along] = columns[x];
      for (const channel of channels) {
        const upper = 4 * above * width + channel;
        const lower = 4 * below * width + channel;
        const top = data[upper + 4 * left] * (1 - along) + data[upper + 4 * right] * along;
        const bottom = data[lower + 4 * left] * (1 - along) + data[lower + 4 * right] * along;
        result.data[4 * (y * width + x) + channel] = top * (1 - down) + bottom * down;
      }
    }
  }
  return result;
}

/**
 * @param {number} size
 * @param {(at: number) => number} placeOf
 */
const places = (size, placeOf) =>
  Array.from({ length: size }, (_, at) => between(placeOf(at), size));

// ---- before the colours -----------------------------------------------------------------------------
/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} amount
 */
function pixelate(pixels, box, amount) {
  const cell = 1 + 47 * amount;
  const middle = (/** @type {number} */ at) => (Math.floor(at / cell) + 0.5) * cell;
  const columns = places(pixels.width, (x) => {
    const place = box.left + (x + 0.5) * box.across;
    return (middle(place) - box.left) / box.across - 0.5;
  });
  const rows = places(pixels.height, (y) => {
    const fromBottom = box.height - box.top - (y + 0.5) * box.down;
    return (box.height - middle(fromBottom) - box.top) / box.down - 0.5;
  });
  return resample(pixels, columns, rows, [0, 1, 2, 3]);
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} amount
 * @param {number} angle
 */
function separate(pixels, box, amount, angle) {
  const turn = 2 * Math.PI * angle;
  const right = (0.02 * amount * Math.cos(turn) * box.width) / box.across;
  const up = (0.02 * amount * Math.sin(turn) * box.height) / box.down;
  let result = pixels;
  for (const [channel, way] of [
    [0, 1],
    [2, -1],
  ]) {
    const columns = places(pixels.width, (x) => x + way * right);
    const rows = places(pixels.height, (y) => y - way * up);
    result = resample(result, columns, rows, [channel]);
  }
  return result;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 * @param {Moment} moment
 */
function before(pixels, box, effects, moment) {
  let result = pixels;
  const { crtCurvature: bulge } = effects;
  if (bulge > 0) result = gradingTube.bend(result, box, bulge);
  if (effects.digitalGlitch > 0) {
    result = gradingGlitch.disrupt(result, box, effects, moment.seconds);
  }
  if (effects.tapeDamage > 0) result = gradingTape.wear(result, box, effects, moment);
  if (effects.blur > 0) result = gradingBlur.soften(result, box, effects.blur);
  if (effects.kuwahara > 0) result = gradingKuwahara.paint(result, box, effects);
  if (effects.pixelate > 0) result = pixelate(result, box, effects.pixelate);
  const { chromaticAberration: amount, chromaticAngle: angle } = effects;
  if (amount > 0) result = separate(result, box, amount, angle);
  if (effects.chromaBleed > 0) result = gradingBleed.smear(result, box, effects.chromaBleed);
  return result;
}

// ---- over the colours -------------------------------------------------------------------------------
/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 */
function scan({ data, width, height }, box, { scanlines, scanlineCount, scanlineSoftness }) {
  const lines = 25 + 225 * scanlineCount;
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = 1 - (box.top + (y + 0.5) * box.down) / box.height;
    const sharp = 0.5 + 0.5 * Math.sin(2 * Math.PI * lines * up);
    const soft = 1 - (1 - sharp) ** 2.2;
    const light = sharp + (soft - sharp) * scanlineSoftness;
    const factor = 1 - scanlines * (1 - light);
    for (let x = 0; x < width; x += 1, at += 4) {
      data[at] *= factor;
      data[at + 1] *= factor;
      data[at + 2] *= factor;
    }
  }
}

// Distance as the norm |x|^n + |y|^n in halves of the box's shorter side.
/**
 * @param {number} width
 * @param {number} height
 * @param {Box} box
 * @param {Record<string, number>} details
 */
function shade(width, height, box, details) {
  const { vignette, vignetteMidpoint, vignetteRoundness, vignetteFeather } = details;
  const power = 4.9 - 3.1 * vignetteRoundness;
  const inner = 0.22 + 0.86 * vignetteMidpoint;
  const outer = inner + 0.08 + 0.64 * vignetteFeather;
  const half = Math.min(box.width, box.height) / 2;
  /** @type {(at: number, step: number, start: number, size: number) => number} */
  const raised = (at, step, start, size) =>
    Math.abs((start + (at + 0.5) * step - size / 2) / half) ** power;
  const columns = Float64Array.from({ length: width }, (_, x) =>
    raised(x, box.across, box.left, box.width),
  );
  const factors = new Float32Array(width * height);
  for (let y = 0, at = 0; y < height; y += 1) {
    const row = raised(y, box.down, box.top, box.height);
    for (let x = 0; x < width; x += 1, at += 1) {
      const far = smoothstep(inner, outer, (columns[x] + row) ** (1 / power));
      factors[at] = 1 - 0.75 * vignette * far;
    }
  }
  return factors;
}

// The last one is kept: all frames of a video have the same.
let kept = { key: "", factors: new Float32Array() };

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Record<string, number>} details
 */
function darken({ data, width, height }, box, details) {
  const key = JSON.stringify([width, height, box, details]);
  if (kept.key !== key) kept = { key, factors: shade(width, height, box, details) };
  const { factors } = kept;
  for (let pixel = 0, at = 0; pixel < factors.length; pixel += 1, at += 4) {
    const factor = factors[pixel];
    if (factor === 1) continue;
    data[at] *= factor;
    data[at + 1] *= factor;
    data[at + 2] *= factor;
  }
}

// What a picture becomes line by line or cell by cell, one look over the other.
/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Look} values
 * @param {number} seconds
 */
function redraw(pixels, box, values, seconds) {
  const { effects } = values;
  // Only these look at the picture as it was, and a copy of it is megabytes.
  const plain = effects.crosshatch > 0 || effects.ascii > 0 ? copyOf(pixels) : pixels;
  if (effects.engraving > 0) gradingEngraving.draw(pixels, box, values);
  if (effects.crosshatch > 0) gradingCrosshatch.draw(pixels, box, values, seconds, lumasOf(plain));
  if (effects.monoScreen > 0) gradingMono.draw(pixels, box, values);
  if (effects.halftone > 0) gradingInks.halftone(pixels, box, effects);
  if (effects.twoInkPrint > 0) gradingInks.twoInkPrint(pixels, box, effects);
  if (effects.dither > 0) gradingDither.draw(pixels, box, values);
  if (effects.ascii > 0) gradingAscii.draw(pixels, box, values, plain);
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Look & {details: Record<string, number>}} values
 * @param {Moment} moment
 * @param {ImageData} source
 */
function after(pixels, box, values, { frame, seconds }, source) {
  const { details, effects } = values;
  if (effects.bloom > 0) gradingBloom.add(pixels, gradingBloom.lightOf(source, box, effects));
  if (details.grain > 0) gradingGrain.scatter(pixels, box, details, frame);
  if (REDRAWN.some((name) => effects[name] > 0)) redraw(pixels, box, values, seconds);
  if (effects.filmArtifacts > 0) gradingFilm.scratch(pixels, box, effects, frame);
  if (effects.scanlines > 0) scan(pixels, box, effects);
  if (details.vignette > 0) darken(pixels, box, details);
  if (effects.crtCurvature > 0) gradingTube.mask(pixels, box, effects.crtCurvature);
}

export { after, BEFORE, before, DRAWN };
