// The numbers of a grade: what each is unless it is said, and how far it goes.
//
//   ADJUST, DETAILS, EFFECTS, WHEEL, CORRECTION     key -> [identity, least, most]
//   KEYED                                           channel -> the same
//
// Those the format's command line prints (`media-treatment --capabilities --all`).

/** @import { Limits } from "./types.d.ts" */

/** @type {Limits} */
const ADJUST = Object.fromEntries(
  "exposure contrast highlights shadows whites blacks temperature tint vibrance saturation"
    .split(" ")
    .map((key) => [key, key === "exposure" ? [0, -2, 2] : [0, -1, 1]]),
);
/** @type {Limits} */
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
/** @type {Limits} */
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

/** @type {Limits} */
const WHEEL = { hue: [0, -Infinity, Infinity], amount: [0, 0, 1], level: [0, -1, 1] };
// What becomes of them.
/** @type {Limits} */
const CORRECTION = {
  hueShift: [0, -180, 180],
  saturation: [0, -1, 1],
  luma: [0, -1, 1],
  temperature: [0, -1, 1],
  tint: [0, -1, 1],
};
// Which colours a secondary is for.
/** @type {Record<string, Limits>} */
const KEYED = {
  hue: { center: [0, -Infinity, Infinity], range: [180, 0, 180], softness: [0, 0, 180] },
  saturation: { min: [0, 0, 1], max: [1, 0, 1], softness: [0, 0, 0.5] },
  luma: { min: [0, 0, 1], max: [1, 0, 1], softness: [0, 0, 0.5] },
};

export { ADJUST, CORRECTION, DETAILS, EFFECTS, KEYED, WHEEL };
