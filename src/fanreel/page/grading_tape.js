// A worn video tape of a grade: rows out of track, soft edges, noise and drop-outs.
//
//   wear(pixels, box, effects, moment)   ImageData
//
// Chance decides which rows and specks; how far rows move and how strong noise is, is as on the
// reference.

import * as chance from "./grading_chance.js";
import { copyOf, lumaAt } from "./grading_pixels.js";

/** @import { Box, Effects } from "./types.d.ts" */

// Places where rows leave the track: so many, so many rows to each side, and so far, in CSS pixels.
const BUMPS = 5;
const BUMP_REACH = 17;
const FARTHEST = [26, 52];
const ROLLS_A_SECOND = 0.4;
// Every row trembles, in CSS pixels.
const TREMBLE = 0.8;
// What is mixed in of the luma this far to both sides.
const NEAR = 4;
const NEAR_SHARE = 0.28;
// Levels: specks, and the drop-outs over three rows each.
const NOISE = 4.4;
const DROPPED = 12;
const DROP_OUTS = 2;
const DROP_WIDTH = 53;
const DROP_HEIGHT = 3;

// How far a row is moved, in CSS pixels.
/**
 * @param {number} up
 * @param {Box} box
 * @param {Effects} effects
 * @param {number} seconds
 */
function offTrack(up, box, effects, seconds) {
  const { tapeDamage: amount, tapeTracking: tracking, tapeSpeed: speed } = effects;
  let moved = amount * TREMBLE * Math.sin(0.26 * up + 9 * speed * seconds);
  for (let bump = 0; bump < BUMPS && tracking > 0; bump += 1) {
    const rolled = chance.of(bump, 0, 21) + ROLLS_A_SECOND * speed * seconds * (1 + 0.2 * bump);
    const far = Math.abs(up - (rolled - Math.floor(rolled)) * box.height);
    if (far >= BUMP_REACH) continue;
    const high = FARTHEST[0] + (FARTHEST[1] - FARTHEST[0]) * chance.of(bump, 1, 21);
    const way = bump % 2 === 0 ? 1 : -1;
    const shape = Math.cos((Math.PI * far) / (2 * BUMP_REACH)) ** 2;
    moved += amount ** 1.5 * tracking * way * high * shape;
  }
  return moved;
}

// A drop-out's levels at a place, or 0.
/**
 * @param {number} right
 * @param {number} up
 * @param {Box} box
 * @param {number} frame
 */
function droppedAt(right, up, box, frame) {
  for (let drop = 0; drop < DROP_OUTS; drop += 1) {
    const bottom = Math.floor(chance.of(drop, frame, 22) * box.height);
    const row = Math.floor(up) - bottom;
    if (row < 0 || row >= 2 * DROP_HEIGHT) continue;
    const part = Math.floor(right / DROP_WIDTH);
    return (
      DROPPED * chance.around(chance.of(part, Math.floor(row / DROP_HEIGHT) + 2 * drop, 23 + frame))
    );
  }
  return 0;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {Effects} effects
 * @param {{frame: number, seconds: number}} when
 */
function wear(pixels, box, effects, { frame, seconds }) {
  const { data, width, height } = pixels;
  const { tapeDamage: amount, tapeNoise } = effects;
  const result = copyOf(pixels);
  const near = Math.max(Math.round((NEAR * amount) / box.across), 1);
  const noise = amount ** 1.5 * tapeNoise;
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    const moved = offTrack(up, box, effects, seconds) / box.across;
    const row = y * width;
    for (let x = 0; x < width; x += 1, at += 4) {
      const place = Math.min(Math.max(x + moved, 0), width - 1);
      const first = Math.floor(place);
      const far = place - first;
      const from = 4 * (row + first);
      const next = first + 1 < width ? 4 : 0;
      const left = lumaAt(data, 4 * (row + Math.max(first - near, 0)));
      const right = lumaAt(data, 4 * (row + Math.min(first + near, width - 1)));
      const softer = amount * NEAR_SHARE * (left + right - 2 * lumaAt(data, from));
      const speck =
        noise > 0
          ? noise * NOISE * chance.around(chance.of(x, y, 24 + frame)) +
            noise * droppedAt(box.left + x * box.across, up, box, frame)
          : 0;
      for (let channel = 0; channel < 3; channel += 1) {
        const level = data[from + channel] * (1 - far) + data[from + next + channel] * far;
        result.data[at + channel] = level + softer + speck;
      }
    }
  }
  return result;
}

export { wear };
