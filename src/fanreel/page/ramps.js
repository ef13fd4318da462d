// Speed ramps: how fast a video or sound plays, as a lane of `rate` in its data-automation.
//
//   of(element)              [[t, v], ...] in the clip's seconds, or null: a constant rate
//   passed(ramp, localS)     how much of the source has played after so much of the clip
//   reached(ramp, sourceS)   its inverse: after how much of the clip so much has played
//
// Between two points the speed goes evenly in ratios, and is held before the first and after the
// last (docs, speed-ramps). A way that bends is cut into pieces here, so that all who count time
// count the same integral over the same points: this file, and fanreel/timing/ramp.py for the pictures
// and the sound.

/** @import { Ramp } from "./types.d.ts" */
/** @typedef {{t: number, v: number, curve?: unknown, viaX?: unknown, viaY?: unknown}} RampPoint */
/** @typedef {(progress: number) => number} Course */
/** @typedef {{at: Course, of: Course}} Way */
/** @typedef {{from: number, done: number, v: number, bend: number}} Stretch */

const SLOWEST = 0.1;
const FASTEST = 10;
const LATEST_S = 1e9;
const PIECES = 64;
const EDGE = 0.001;
const FLAT = 1e-9; // logarithm of a ratio below which the speed is the same
/** @type {Map<string, Ramp | null>} */
const read = new Map(); // text of the attribute -> points

/** @param {number} value */
const tidy = (value) => Math.round(value * 1e9) / 1e9;
/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
const within = (value, least, most) => Math.min(Math.max(value, least), most);
/**
 * @param {unknown} value
 * @returns {value is number}
 */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** @param {Element} element */
function of(element) {
  if (!(element instanceof HTMLMediaElement)) return null;
  const text = element.getAttribute("data-automation");
  if (!text) return null;
  const known = read.get(text);
  if (known !== undefined) return known;
  const ramp = parse(text);
  read.set(text, ramp);
  return ramp;
}

/**
 * @param {string} text
 * @returns {Ramp | null}
 */
function parse(text) {
  let lanes;
  try {
    ({ lanes } = JSON.parse(text));
  } catch {
    return null; // the planner refuses the attribute
  }
  if (!Array.isArray(lanes)) return null;
  for (const lane of lanes) {
    if (lane?.target !== "rate" || !Array.isArray(lane.points)) continue;
    const points = sorted(lane.points);
    if (points.length > 0) return flattened(points);
  }
  return null;
}

// Of two points at one time the later one counts.
/**
 * @param {any[]} points
 * @returns {RampPoint[]}
 */
function sorted(points) {
  const known = points
    .filter((point) => isNumber(point?.t) && isNumber(point.v))
    .map((point) => ({
      ...point,
      t: tidy(within(point.t, 0, LATEST_S)),
      v: within(point.v, SLOWEST, FASTEST),
    }));
  known.sort((a, b) => a.t - b.t);
  return known.filter((point, at) => point.t !== known[at + 1]?.t);
}

/** @param {RampPoint[]} points */
function flattened(points) {
  /** @type {Ramp} */
  const found = [];
  points.forEach((point, at) => {
    found.push([point.t, point.v]);
    const next = points[at + 1];
    const share = next && next.v !== point.v ? shareOf(point) : null;
    if (!share) return;
    for (let piece = 1; piece < PIECES; piece += 1) {
      const progress = share.at(piece / PIECES);
      const height = point.v * (next.v / point.v) ** share.of(progress);
      found.push([tidy(point.t + (next.t - point.t) * progress), height]);
    }
  });
  return found.filter((point, at) => at === 0 || point[0] > found[at - 1][0]);
}

// The share of the way's ratio that is travelled at a progress from 0 to 1, and where to cut it:
// closer where it is steep. Null for a straight way. As media/sound/lanes.py has it.
/**
 * @param {RampPoint} point
 * @returns {Way | null}
 */
function shareOf({ curve, viaX, viaY }) {
  if (isNumber(viaX) && isNumber(viaY) && viaX !== viaY) {
    return { at: (progress) => progress, of: bowed(viaX, viaY) };
  }
  const bend = 4 ** within(isNumber(curve) ? curve : 0, -1, 1);
  if (bend === 1) return null;
  return {
    at: (progress) => progress ** Math.max(1, 1 / bend),
    of: (progress) => progress ** bend,
  };
}

/**
 * @param {number} viaX
 * @param {number} viaY
 * @returns {Course}
 */
function bowed(viaX, viaY) {
  const x = within(viaX, EDGE, 1 - EDGE);
  const y = within(viaY, EDGE, 1 - EDGE);
  const reach = (0.5 - EDGE) / Math.max(Math.abs(x - 0.5), Math.abs(y - 0.5));
  if (reach <= 1) {
    return (progress) =>
      progress < x ? (y * progress) / x : y + ((1 - y) * (progress - x)) / (1 - x);
  }
  const out = Math.min(reach, 2);
  const weight = 1 / (out - 1);
  const handleX = 0.5 + (x - 0.5) * out;
  const handleY = 0.5 + (y - 0.5) * out;
  return (progress) => {
    const a = 2 * (1 - weight) * progress + 2 * weight * handleX - 1;
    const b = 2 * (weight - 1) * progress - 2 * weight * handleX;
    const root = Math.sqrt(Math.max(b * b - 4 * a * progress, 0));
    const t = (2 * progress) / Math.max(-b + root, 1e-12);
    const spread = (1 - t) ** 2 + 2 * weight * t * (1 - t) + t * t;
    return (2 * weight * t * (1 - t) * handleY + t * t) / spread;
  };
}

// ---- the integral ----------------------------------------------------------------------------------
// The stretches between points, the held ones at both ends with them: `from` seconds of the clip,
// `done` of the source, and the speed v * exp(bend * seconds since).
/** @type {WeakMap<Ramp, Stretch[]>} */
const stretches = new WeakMap();
/** @param {Ramp} ramp */
function stretchesOf(ramp) {
  const known = stretches.get(ramp);
  if (known) return known;
  /** @type {Stretch[]} */
  const found = [];
  if (ramp[0][0] > 0) found.push({ from: 0, done: 0, v: ramp[0][1], bend: 0 });
  for (const [at, [from, v]] of ramp.entries()) {
    const before = found.at(-1);
    const done = before ? before.done + travelled(before, from - before.from) : 0;
    const next = ramp[at + 1];
    const ratio = next ? Math.log(next[1] / v) : 0;
    const bend = Math.abs(ratio) < FLAT ? 0 : ratio / (next[0] - from);
    found.push({ from, done, v, bend });
  }
  stretches.set(ramp, found);
  return found;
}

// The first stretch begins at 0, so there is one at any time after it.
/**
 * @param {Ramp} ramp
 * @param {(stretch: Stretch) => boolean} has
 */
const lastOf = (ramp, has) => /** @type {Stretch} */ (stretchesOf(ramp).findLast(has));

/**
 * @param {Stretch} stretch
 * @param {number} seconds
 */
const travelled = ({ v, bend }, seconds) =>
  bend === 0 ? v * seconds : (v * Math.expm1(bend * seconds)) / bend;

/**
 * @param {Ramp} ramp
 * @param {number} localS
 */
function passed(ramp, localS) {
  if (localS <= 0) return 0;
  const stretch = lastOf(ramp, ({ from }) => from <= localS);
  return tidy(stretch.done + travelled(stretch, localS - stretch.from));
}

/**
 * @param {Ramp} ramp
 * @param {number} sourceS
 */
function reached(ramp, sourceS) {
  if (sourceS <= 0) return 0;
  const { from, done, v, bend } = lastOf(ramp, (item) => item.done <= sourceS);
  const left = sourceS - done;
  return tidy(from + (bend === 0 ? left / v : Math.log1p((left * bend) / v) / bend));
}

export { of, passed, reached };
