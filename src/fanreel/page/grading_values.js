// What `data-color-grading` says: read, held to its limits, and what of it nobody understands.
//
//   read(text)                   {values, problems}; values is null where nothing can be read
//
// values: {intensity, adjust, wheels, curves, hueCurves, secondaries, lut, details, effects, palette},
// every number there and inside its limits. Ranges, identities and presets are those the format's
// command line prints (`media-treatment --capabilities --all`, and `--dry-run` of each preset).

import { messageOf } from "./thrown.js";

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// key: [identity, least, most]
const ADJUST = Object.fromEntries(
  "exposure contrast highlights shadows whites blacks temperature tint vibrance saturation"
    .split(" ")
    .map((key) => [key, key === "exposure" ? [0, -2, 2] : [0, -1, 1]]),
);
const DETAILS = {
  vignette: [0, 0, 1],
  vignetteMidpoint: [0.5, 0, 1],
  vignetteRoundness: [0, -1, 1],
  vignetteFeather: [0.65, 0, 1],
  grain: [0, 0, 1],
  grainSize: [0.25, 0, 1],
  grainRoughness: [0.5, 0, 1],
};
// Those without limits of their own go from 0 to 1 and are 0 unless said otherwise.
const EFFECTS = Object.fromEntries(
  (
    "blur pixelate chromaBleed tapeDamage tapeTracking tapeNoise tapeSpeed filmArtifacts " +
    "halftone halftoneSize twoInkPrint twoInkPrintSize ascii asciiSize asciiInvert asciiStyle " +
    "asciiColor asciiRotation dither ditherSize bloom bloomRadius monoScreen monoScreenSize " +
    "monoScreenAngle monoScreenSpread monoScreenShape monoScreenInvert scanlines scanlineCount " +
    "scanlineSoftness chromaticAberration chromaticAngle crtCurvature digitalGlitch " +
    "digitalGlitchColorSplit digitalGlitchLineTear digitalGlitchPixelate " +
    "digitalGlitchBlockAmount digitalGlitchBlockDisplacement digitalGlitchBlockOpacity " +
    "digitalGlitchSpeed engraving engravingSpacing engravingMinThickness " +
    "engravingMaxThickness engravingAngle engravingContrast engravingSharpness engravingWave " +
    "engravingWaveFrequency crosshatch crosshatchSpacing crosshatchThickness crosshatchAngle " +
    "crosshatchContrast crosshatchEdges crosshatchLineWeight crosshatchWave " +
    "crosshatchWaveFrequency kuwahara kuwaharaRadius kuwaharaSharpness kuwaharaSaturation"
  )
    .split(" ")
    .map((key) => [key, [0, 0, 1]]),
);
Object.assign(EFFECTS, {
  tapeNoise: [1, 0, 1],
  tapeSpeed: [0.5, 0, 1],
  asciiSize: [5 / 76, 0, 1],
  asciiStyle: [0, 0, 7],
  asciiColor: [1, 0, 1],
  bloom: [0, 0, 3],
  bloomRadius: [8, 1, 100],
  monoScreenShape: [0, 0, 4],
  engravingSpacing: [7 / 17, 0, 1],
  engravingMinThickness: [0.2, 0, 1],
  engravingMaxThickness: [16 / 35, 0, 1],
  engravingAngle: [0.25, 0, 1],
  engravingContrast: [7 / 15, 0, 1],
  engravingSharpness: [0.59, 0, 1],
  engravingWave: [0.2, 0, 1],
  engravingWaveFrequency: [2 / 9, 0, 1],
  crosshatchSpacing: [0.28, 0, 1],
  crosshatchThickness: [0.25, 0, 1],
  crosshatchAngle: [0.25, 0, 1],
  crosshatchContrast: [1 / 3, 0, 1],
  crosshatchEdges: [0.5, 0, 1],
  crosshatchWave: [0.33, 0, 1],
  crosshatchWaveFrequency: [2 / 9, 0, 1],
  kuwaharaRadius: [1 / 7, 0, 1],
  kuwaharaSharpness: [0.3125, 0, 1],
  kuwaharaSaturation: [0.5, 0, 1],
});

const FADED = {
  exposure: 0.03,
  contrast: -0.12,
  highlights: -0.1,
  shadows: 0.16,
  whites: -0.04,
  blacks: 0.08,
  temperature: 0.13,
  vibrance: -0.08,
  saturation: -0.08,
};
const PRESETS = {
  neutral: {},
  "warm-daylight": {
    adjust: {
      exposure: 0.06,
      contrast: 0.07,
      highlights: -0.06,
      shadows: 0.08,
      temperature: 0.18,
      saturation: 0.08,
    },
  },
  "clean-studio": {
    adjust: {
      contrast: 0.08,
      highlights: -0.08,
      shadows: 0.06,
      temperature: -0.08,
      tint: 0.03,
      saturation: 0.04,
    },
  },
  "skin-soft": {
    adjust: {
      exposure: 0.04,
      contrast: -0.03,
      highlights: -0.12,
      shadows: 0.12,
      temperature: 0.08,
      tint: 0.02,
      saturation: 0.04,
    },
  },
  "food-pop": {
    adjust: {
      exposure: 0.06,
      contrast: 0.1,
      shadows: 0.06,
      temperature: 0.14,
      vibrance: 0.1,
      saturation: 0.18,
    },
  },
  "night-lift": {
    adjust: {
      exposure: 0.08,
      contrast: 0.08,
      highlights: -0.18,
      shadows: 0.2,
      blacks: -0.08,
      saturation: 0.04,
    },
    details: { vignette: 0.12 },
  },
  "muted-editorial": {
    adjust: {
      exposure: -0.02,
      contrast: 0.08,
      highlights: -0.08,
      shadows: 0.06,
      blacks: -0.05,
      temperature: -0.03,
      saturation: -0.12,
    },
    details: { vignette: 0.1 },
  },
  "vintage-wash": { adjust: FADED, details: { vignette: 0.18 } },
  "mono-clean": {
    adjust: { contrast: 0.12, highlights: -0.04, shadows: 0.04, blacks: -0.08, saturation: -1 },
  },
  "mono-fade": {
    adjust: { contrast: -0.04, highlights: -0.06, shadows: 0.1, blacks: 0.12, saturation: -1 },
    details: { vignette: 0.08 },
  },
  "soft-boost": {
    adjust: {
      exposure: 0.06,
      contrast: -0.04,
      highlights: -0.14,
      shadows: 0.16,
      vibrance: 0.08,
      saturation: 0.1,
    },
  },
  "bright-pop": {
    adjust: {
      exposure: 0.12,
      contrast: 0.12,
      whites: 0.08,
      blacks: -0.04,
      vibrance: 0.08,
      saturation: 0.14,
    },
  },
  "deep-contrast": {
    adjust: {
      exposure: -0.03,
      contrast: 0.2,
      highlights: -0.08,
      shadows: -0.08,
      blacks: -0.12,
      saturation: 0.06,
    },
  },
  "creator-camcorder": {
    intensity: 0.72,
    adjust: {
      contrast: 0.08,
      highlights: -0.05,
      shadows: 0.02,
      whites: 0.03,
      blacks: -0.04,
      temperature: -0.03,
      tint: -0.015,
      vibrance: -0.03,
      saturation: -0.06,
    },
    details: { vignette: 0.06, grain: 0.08, grainSize: 0.18, grainRoughness: 0.58 },
    effects: { chromaBleed: 0.55 },
  },
  "vhs-playback": {
    adjust: { contrast: -0.04, saturation: -0.08 },
    details: { grain: 0.16, grainSize: 0.12, grainRoughness: 0.72 },
    effects: {
      chromaBleed: 0.5,
      tapeDamage: 0.82,
      tapeTracking: 0.85,
      tapeNoise: 0.3,
      scanlines: 0.35,
      scanlineCount: 0.17,
      scanlineSoftness: 1,
      chromaticAberration: 0.18,
      digitalGlitch: 0.32,
      digitalGlitchLineTear: 0.08,
      digitalGlitchSpeed: 0.5,
    },
  },
  "home-movie-8mm": {
    intensity: 0.72,
    adjust: FADED,
    details: {
      vignette: 0.28,
      vignetteMidpoint: 0.54,
      vignetteFeather: 0.72,
      grain: 0.34,
      grainSize: 0.18,
      grainRoughness: 0.72,
    },
    effects: { filmArtifacts: 0.62 },
  },
  "editorial-halftone": {
    adjust: { contrast: 0.04, saturation: 0.04 },
    effects: { halftone: 0.94, halftoneSize: 0.36 },
  },
  "two-ink-print": {
    adjust: { contrast: 0.08, highlights: -0.06, shadows: 0.04 },
    effects: { twoInkPrint: 1, twoInkPrintSize: 0.42 },
  },
};

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
const HUE_CHANNELS = { hueVsHue: 180, hueVsSaturation: 1, hueVsLuma: 1 };
const MOST_POINTS = 16;
const MOST_SECONDARIES = 4;

// ---- parts ----------------------------------------------------------------------------------------
function numbers(given, limits, preset, path, problems) {
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

function points(given, [left, right, low, high], least, path, problems) {
  if (given === undefined || given === null) return null;
  const isPoint = (point) => Array.isArray(point) && point.length === 2 && point.every(isNumber);
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

function toneCurve(given, path, problems) {
  const curve = points(given, [0, 1, 0, 1], 2, path, problems);
  if (!curve) return null;
  if (curve[0][0] > 0) curve.unshift([0, 0]);
  if (curve[curve.length - 1][0] < 1) curve.push([1, 1]);
  return curve;
}

function group(given, keys, path, problems, one) {
  if (given === undefined || given === null) return {};
  if (!isObject(given)) {
    problems.push(`${path} is no object`);
    return {};
  }
  const values = {};
  for (const [key, value] of Object.entries(given)) {
    if (!keys.includes(key)) problems.push(`nobody knows ${path}.${key}`);
    else values[key] = one(value, `${path}.${key}`, key);
  }
  return values;
}

const WHEEL = { hue: [0, -Infinity, Infinity], amount: [0, 0, 1], level: [0, -1, 1] };
const CORRECTION = {
  hueShift: [0, -180, 180],
  saturation: [0, -1, 1],
  luma: [0, -1, 1],
  temperature: [0, -1, 1],
  tint: [0, -1, 1],
};
const KEYED = {
  hue: { center: [0, -Infinity, Infinity], range: [180, 0, 180], softness: [0, 0, 180] },
  saturation: { min: [0, 0, 1], max: [1, 0, 1], softness: [0, 0, 0.5] },
  luma: { min: [0, 0, 1], max: [1, 0, 1], softness: [0, 0, 0.5] },
};

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

function palette(given, problems) {
  if (given === undefined || given === null) return null;
  const isColour = (value) => typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value);
  if (Array.isArray(given) && given.length >= 2 && given.length <= 6 && given.every(isColour)) {
    return given.map((value) => [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16) / 255));
  }
  problems.push("palette needs two to six colours written #rrggbb");
  return null;
}

// ---- the whole --------------------------------------------------------------------------------------
function parse(text) {
  const trimmed = text.trim();
  if (/^[a-z0-9-]+$/.test(trimmed)) return { preset: trimmed };
  const given = JSON.parse(trimmed);
  return typeof given === "string" ? { preset: given } : given;
}

function read(text) {
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
  const preset = presetOf(given, problems);
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

  function hueCurve(value, path, key) {
    const most = HUE_CHANNELS[key];
    return points(value, [0, 360, -most, most], 3, path, problems);
  }
}

function presetOf({ preset }, problems) {
  if (preset === undefined || preset === null) return {};
  if (typeof preset === "string" && Object.hasOwn(PRESETS, preset)) return PRESETS[preset];
  problems.push(`no preset is called ${JSON.stringify(preset)}`);
  return {};
}

export { read };
