// What `data-color-grading` says: read, held to its limits, and what of it nobody understands.
//
//   read(text)                   {values, problems}; values is null where nothing can be read
//
// values: {intensity, adjust, wheels, curves, hueCurves, secondaries, lut, details, effects, palette},
// every number there and inside its limits.

import { ADJUST, CORRECTION, DETAILS, EFFECTS, KEYED, WHEEL } from "./grading_limits.js";
import { presetOf } from "./grading_presets.js";
import { messageOf } from "./thrown.js";

/** @import { Limits } from "./types.d.ts" */

/** @type {(value: number, low: number, high: number) => number} */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
/**
 * @param {unknown} value
 * @returns {value is number}
 */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
/**
 * @param {unknown} value
 * @returns {value is Record<string, any>}
 */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const KNOWN = [
  "preset",
  "intensity",
  "adjust",
  "wheels",
  "curves",
  "hueCurves",
  "secondaries",
  "lut",
  "details",
  "effects",
  "palette",
  "colorSpace",
  "enabled",
];
const ZONES = ["shadows", "midtones", "highlights"];
const CHANNELS = ["master", "red", "green", "blue"];
/** @type {Record<string, number>} */
const HUE_CHANNELS = { hueVsHue: 180, hueVsSaturation: 1, hueVsLuma: 1 };
const MOST_POINTS = 16;
const MOST_SECONDARIES = 4;

// ---- parts ----------------------------------------------------------------------------------------
/**
 * @param {unknown} given
 * @param {Limits} limits
 * @param {Record<string, number> | null | undefined} preset
 * @param {string} path
 * @param {string[]} problems
 */
function numbers(given, limits, preset, path, problems) {
  /** @type {Record<string, number>} */
  const values = {};
  for (const [key, [identity, low, high]] of Object.entries(limits)) {
    values[key] = clamp(preset?.[key] ?? identity, low, high);
  }
  if (given === undefined || given === null) return values;
  if (!isObject(given)) {
    problems.push(`${path} is no object`);
    return values;
  }
  for (const [key, value] of Object.entries(given)) {
    const range = limits[key];
    if (!range) problems.push(`nobody knows ${path}.${key}`);
    else if (isNumber(value)) values[key] = clamp(value, range[1], range[2]);
    else problems.push(`${path}.${key} is no number`);
  }
  return values;
}

/**
 * @param {unknown} given
 * @param {[left: number, right: number, low: number, high: number]} area
 * @param {number} least
 * @param {string} path
 * @param {string[]} problems
 */
function points(given, [left, right, low, high], least, path, problems) {
  if (given === undefined || given === null) return null;
  const isPoint = (/** @type {unknown} */ point) =>
    Array.isArray(point) && point.length === 2 && point.every(isNumber);
  if (!Array.isArray(given) || !given.every(isPoint) || given.length < least) {
    problems.push(`${path} needs at least ${least} points, such as [[0, 0], [0.5, 0.6]]`);
    return null;
  }
  const sorted = new Map();
  for (const [x, y] of given) sorted.set(clamp(x, left, right), clamp(y, low, high));
  if (sorted.size > MOST_POINTS) problems.push(`${path} has more than ${MOST_POINTS} points`);
  const kept = [...sorted].sort(([a], [b]) => a - b).slice(0, MOST_POINTS);
  return kept.length < least ? null : kept;
}

/**
 * @param {unknown} given
 * @param {string} path
 * @param {string[]} problems
 */
function toneCurve(given, path, problems) {
  const curve = points(given, [0, 1, 0, 1], 2, path, problems);
  if (!curve) return null;
  if (curve[0][0] > 0) curve.unshift([0, 0]);
  if (curve[curve.length - 1][0] < 1) curve.push([1, 1]);
  return curve;
}

/**
 * @template T
 * @param {unknown} given
 * @param {string[]} keys
 * @param {string} path
 * @param {string[]} problems
 * @param {(value: unknown, path: string, key: string) => T} one
 */
function group(given, keys, path, problems, one) {
  if (given === undefined || given === null) return {};
  if (!isObject(given)) {
    problems.push(`${path} is no object`);
    return {};
  }
  /** @type {Record<string, T>} */
  const values = {};
  for (const [key, value] of Object.entries(given)) {
    if (!keys.includes(key)) problems.push(`nobody knows ${path}.${key}`);
    else values[key] = one(value, `${path}.${key}`, key);
  }
  return values;
}

/**
 * @param {unknown} given
 * @param {string[]} problems
 */
function secondaries(given, problems) {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given) || !given.every(isObject)) {
    problems.push("secondaries is no list of objects");
    return [];
  }
  if (given.length > MOST_SECONDARIES) {
    problems.push(`secondaries has more than ${MOST_SECONDARIES} entries`);
  }
  return given.slice(0, MOST_SECONDARIES).map((entry, at) => ({
    key: group(
      entry.key,
      Object.keys(KEYED),
      `secondaries[${at}].key`,
      problems,
      (value, path, key) => numbers(value, KEYED[key], null, path, problems),
    ),
    correction: numbers(
      entry.correction,
      CORRECTION,
      null,
      `secondaries[${at}].correction`,
      problems,
    ),
  }));
}

/**
 * @param {unknown} given
 * @param {string[]} problems
 */
function lut(given, problems) {
  if (given === undefined || given === null || given === "") return null;
  if (typeof given === "string") return { src: given, intensity: 1 };
  if (isObject(given) && typeof given.src === "string") {
    const { src, ...rest } = given;
    return { src, ...numbers(rest, { intensity: [1, 0, 1] }, null, "lut", problems) };
  }
  problems.push('lut needs a file, such as {"src": "assets/look.cube"}');
  return null;
}

/**
 * @param {unknown} given
 * @param {string[]} problems
 */
function palette(given, problems) {
  if (given === undefined || given === null) return null;
  const isColour = (/** @type {unknown} */ value) =>
    typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value);
  if (Array.isArray(given) && given.length >= 2 && given.length <= 6 && given.every(isColour)) {
    return given.map((value) => [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16) / 255));
  }
  problems.push("palette needs two to six colours written #rrggbb");
  return null;
}

// ---- the whole --------------------------------------------------------------------------------------
/** @param {string} text */
function parse(text) {
  const trimmed = text.trim();
  if (/^[a-z0-9-]+$/.test(trimmed)) return { preset: trimmed };
  const given = JSON.parse(trimmed);
  return typeof given === "string" ? { preset: given } : given;
}

/** @param {string} text */
function read(text) {
  /** @type {string[]} */
  const problems = [];
  let given;
  try {
    given = parse(text);
  } catch (error) {
    return { values: null, problems: [`is no JSON (${messageOf(error)})`] };
  }
  if (!isObject(given)) return { values: null, problems: ["is no JSON object"] };
  if (given.enabled === false) return { values: null, problems };
  for (const key of Object.keys(given)) {
    if (!KNOWN.includes(key)) problems.push(`nobody knows ${key}`);
  }
  const preset = presetIn(given, problems);
  const { intensity } = given;
  if (intensity !== undefined && !isNumber(intensity)) problems.push("intensity is no number");
  return {
    problems,
    values: {
      intensity: clamp(isNumber(intensity) ? intensity : (preset.intensity ?? 1), 0, 1),
      adjust: numbers(given.adjust, ADJUST, preset.adjust, "adjust", problems),
      wheels: group(given.wheels, ZONES, "wheels", problems, (value, path) =>
        numbers(value, WHEEL, null, path, problems),
      ),
      curves: group(given.curves, CHANNELS, "curves", problems, (value, path) =>
        toneCurve(value, path, problems),
      ),
      hueCurves: group(given.hueCurves, Object.keys(HUE_CHANNELS), "hueCurves", problems, hueCurve),
      secondaries: secondaries(given.secondaries, problems),
      lut: lut(given.lut, problems),
      details: numbers(given.details, DETAILS, preset.details, "details", problems),
      effects: numbers(given.effects, EFFECTS, preset.effects, "effects", problems),
      palette: palette(given.palette, problems),
    },
  };

  /**
   * @param {unknown} value
   * @param {string} path
   * @param {string} key
   */
  function hueCurve(value, path, key) {
    const most = HUE_CHANNELS[key];
    return points(value, [0, 360, -most, most], 3, path, problems);
  }
}

/**
 * @param {Record<string, any>} grade
 * @param {string[]} problems
 */
function presetIn({ preset }, problems) {
  if (preset === undefined || preset === null) return {};
  const known = typeof preset === "string" ? presetOf(preset) : undefined;
  if (!known) problems.push(`no preset is called ${JSON.stringify(preset)}`);
  return known ?? {};
}

export { read };
