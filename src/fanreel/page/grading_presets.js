// The grades that have a name.
//
//   presetOf(name)   {intensity, adjust, details, effects}, each where it is not the identity; else
//                    undefined
//
// Those the format's command line prints (`media-treatment --dry-run` of each).

/** @import { Preset } from "./types.d.ts" */

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
/** @type {Record<string, Preset>} */
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

/** @param {string} name */
export const presetOf = (name) => (Object.hasOwn(PRESETS, name) ? PRESETS[name] : undefined);
