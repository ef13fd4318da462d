// What a grade makes of one colour, as formulas fitted to the reference (docs/color.md has them).
//
//   recipe(values, cube)                  function that grades the colour `pixel` (r, g, b from 0 to
//                                         1) in place; null if it would change nothing
//
// Order, as the format's command line tells it: adjust, wheels, curves, hueCurves, secondaries, lut.

import * as gradingCurves from "./grading_curves.js";

/** @typedef {number[]} Colour Red, green, blue from 0 to 1; changed in place. */
/** @typedef {(c: Colour) => void} Step */
/** @typedef {{hue: number, amount: number, level: number}} Wheel */
/** @typedef {{min: number, max: number, softness: number}} Band */
/** @typedef {{sample: (colour: Colour, into: Colour) => void}} Cube */
/** @typedef {Record<string, [x: number, y: number][] | undefined>} Curves */

const { tone, hue: hueCurve, signed, unsigned } = gradingCurves;
const RED = 0.2126;
const GREEN = 0.7152;
const BLUE = 0.0722;
/** @param {Colour} c */
const luma = (c) => RED * c[0] + GREEN * c[1] + BLUE * c[2];

/**
 * @param {number} low
 * @param {number} high
 * @param {number} x
 */
function smoothstep(low, high, x) {
  const t = Math.min(Math.max((x - low) / (high - low), 0), 1);
  return t * t * (3 - 2 * t);
}

/** @param {Colour} c */
function limit(c) {
  for (let at = 0; at < 3; at += 1) c[at] = Math.min(Math.max(c[at], 0), 1);
}

// Each channel's distance from the colour's own luma, times *factor*.
/**
 * @param {Colour} c
 * @param {number} factor
 */
function spread(c, factor) {
  const grey = luma(c);
  for (let at = 0; at < 3; at += 1) c[at] = grey + (c[at] - grey) * factor;
}

/**
 * @param {Colour} c
 * @param {number} red
 * @param {number} green
 * @param {number} blue
 */
function shift(c, red, green, blue) {
  c[0] += red;
  c[1] += green;
  c[2] += blue;
}

// ---- adjust ---------------------------------------------------------------------------------------
/** @param {Colour} c */
function vibranceOf(c) {
  const chroma = Math.min(Math.max(c[0], c[1], c[2]) - Math.min(c[0], c[1], c[2]), 1);
  // Skin is spared: red over green over blue, and not too dark.
  const skin =
    smoothstep(0.2, 0.8, luma(c)) *
    smoothstep(0, 0.16, c[1] - c[2]) *
    smoothstep(0.02, 0.18, c[0] - c[1]);
  return (1 - 0.72 * chroma) * (1 - 0.45 * skin);
}

/**
 * @param {Record<string, number>} adjust
 * @returns {Step | null}
 */
function adjusting(adjust) {
  const { contrast, highlights, shadows, whites, blacks, temperature, tint } = adjust;
  const { vibrance, saturation } = adjust;
  if (Object.values(adjust).every((value) => value === 0)) return null;
  const gain = 2 ** adjust.exposure;
  const black = 0.18 * blacks;
  const range = 1 - 0.18 * whites - black;
  return (c) => {
    for (let at = 0; at < 3; at += 1) c[at] *= gain;
    const light = luma(c);
    const lift =
      0.35 * highlights * smoothstep(0.35, 1, light) +
      0.35 * shadows * (1 - smoothstep(0, 0.65, light));
    for (let at = 0; at < 3; at += 1) c[at] = (c[at] + lift - black) / range;
    const warm = 0.08 * temperature;
    shift(c, warm + 0.04 * tint, -0.08 * tint, 0.04 * tint - warm);
    for (let at = 0; at < 3; at += 1) c[at] = (c[at] - 0.5) * (1 + contrast) + 0.5;
    if (vibrance !== 0) spread(c, 1 + vibrance * vibranceOf(c));
    if (saturation !== 0) spread(c, 1 + saturation);
  };
}

// ---- wheels ---------------------------------------------------------------------------------------
/** @param {Wheel} wheel */
function wheelOffset({ hue, amount, level }) {
  const pure = fromHsv((((hue / 360) % 1) + 1) % 1, 1, 1, [0, 0, 0]);
  const grey = luma(pure);
  const most = Math.max(...pure.map((value) => Math.abs(value - grey)));
  return pure.map((value) => ((value - grey) / most) * 0.18 * amount + 0.25 * level);
}

/**
 * @param {Record<string, Wheel | undefined>} wheels
 * @returns {Step | null}
 */
function wheeling(wheels) {
  if (Object.keys(wheels).length === 0) return null;
  const none = [0, 0, 0];
  const [dark, middle, bright] = ["shadows", "midtones", "highlights"].map((zone) =>
    wheels[zone] ? wheelOffset(/** @type {Wheel} */ (wheels[zone])) : none,
  );
  return (c) => {
    const light = luma(c);
    const low = 1 - smoothstep(0, 0.6, light);
    const high = smoothstep(0.4, 1, light);
    const mid = Math.max(1 - low - high, 0);
    for (let at = 0; at < 3; at += 1) {
      c[at] += dark[at] * low + middle[at] * mid + bright[at] * high;
    }
  };
}

// ---- curves ---------------------------------------------------------------------------------------
/**
 * @param {Curves} curves
 * @returns {Step | null}
 */
function curving(curves) {
  const [master, ...channels] = ["master", "red", "green", "blue"].map((name) =>
    curves[name] ? tone(/** @type {[number, number][]} */ (curves[name])) : null,
  );
  if (!master && !channels.some(Boolean)) return null;
  return (c) => {
    limit(c);
    for (let at = 0; at < 3; at += 1) {
      if (master) c[at] = master(c[at]);
      const channel = channels[at];
      if (channel) c[at] = channel(c[at]);
    }
  };
}

// ---- by hue ---------------------------------------------------------------------------------------
const hsv = [0, 0, 0];

/** @param {Colour} c */
function toHsv(c) {
  const [red, green, blue] = c;
  const most = Math.max(red, green, blue);
  const chroma = most - Math.min(red, green, blue);
  let hue = 0;
  if (chroma > 1e-9) {
    if (most === red) hue = (green - blue) / chroma;
    else if (most === green) hue = (blue - red) / chroma + 2;
    else hue = (red - green) / chroma + 4;
    if (hue < 0) hue += 6;
  }
  hsv[0] = hue / 6;
  hsv[1] = most > 1e-9 ? chroma / most : 0;
  hsv[2] = most;
}

/**
 * @param {number} hue
 * @param {number} saturation
 * @param {number} value
 * @param {Colour} into
 */
function fromHsv(hue, saturation, value, into) {
  const chroma = value * saturation;
  for (let at = 0; at < 3; at += 1) {
    const place = (5 - 2 * at + hue * 6) % 6;
    into[at] = value - chroma * Math.min(Math.max(Math.min(place, 4 - place), 0), 1);
  }
  return into;
}

/**
 * @param {number} hue
 * @param {number} by
 */
const turned = (hue, by) => (((hue + by) % 1) + 1) % 1;

/**
 * @param {Curves} curves
 * @returns {Step | null}
 */
function hueing(curves) {
  const zero = () => 0;
  const named = (/** @type {string} */ name, /** @type {number} */ most) => {
    const points = curves[name];
    return points ? hueCurve(points, most) : null;
  };
  const turns = named("hueVsHue", 180);
  const saturations = named("hueVsSaturation", 1);
  const lumas = named("hueVsLuma", 1);
  if (!turns && !saturations && !lumas) return null;
  const [turn, saturate, lighten] = [turns ?? zero, saturations ?? zero, lumas ?? zero];
  return (c) => {
    limit(c);
    toHsv(c);
    const [hue, saturation, value] = hsv;
    const light = luma(c) + lighten(hue);
    const most = Math.min(Math.max(saturation * (1 + saturate(hue)), 0), 1);
    fromHsv(turned(hue, turn(hue) / 2), most, value, c);
    const lift = light - luma(c);
    shift(c, lift, lift, lift);
  };
}

// ---- secondaries ----------------------------------------------------------------------------------
const HARD = 1e-6;

/** @param {Band} band */
function within({ min, max, softness }) {
  const [low, high] = [unsigned(min), unsigned(max)];
  const soft = Math.max(unsigned(softness), HARD);
  return (/** @type {number} */ x) =>
    smoothstep(low - soft, low, x) * (1 - smoothstep(high, high + soft, x));
}

/** @param {{center: number, range: number, softness: number}} hue */
function aroundHue({ center, range, softness }) {
  const middle = unsigned(turned(center / 360, 0));
  const inner = unsigned(range / 180);
  const soft = Math.max(unsigned(softness / 180), HARD);
  return (/** @type {number} */ hue, /** @type {number} */ saturation) => {
    if (inner >= 1) return 1;
    if (saturation <= 0) return 0;
    const apart = Math.abs(hue - middle);
    return 1 - smoothstep(inner, inner + soft, 2 * Math.min(apart, 1 - apart));
  };
}

/**
 * @param {{key: any, correction: Record<string, number>}} secondary
 * @returns {Step}
 */
function selecting({ key, correction }) {
  const all = () => 1;
  const byHue = key.hue ? aroundHue(key.hue) : all;
  const bySaturation = key.saturation ? within(key.saturation) : all;
  const byLuma = key.luma ? within(key.luma) : all;
  const turn = signed(correction.hueShift / 180) / 2;
  const strength = 1 + signed(correction.saturation);
  const lift = signed(correction.luma);
  const warm = 0.08 * signed(correction.temperature);
  const tint = signed(correction.tint);
  const [red, green, blue] = [warm + 0.04 * tint, -0.08 * tint, 0.04 * tint - warm];
  const changed = [0, 0, 0];
  return (c) => {
    limit(c);
    toHsv(c);
    const [hue, saturation, value] = hsv;
    const share = byHue(hue, saturation) * bySaturation(saturation) * byLuma(luma(c));
    if (share <= 0) return;
    fromHsv(turned(hue, turn), saturation, value, changed);
    spread(changed, strength);
    shift(changed, lift + red, lift + green, lift + blue);
    for (let at = 0; at < 3; at += 1) c[at] += (changed[at] - c[at]) * share;
  };
}

// ---- the whole ------------------------------------------------------------------------------------
/**
 * @param {{intensity: number} | null | undefined} lut
 * @param {Cube | null | undefined} cube
 * @returns {Step | null}
 */
function looking(lut, cube) {
  if (!lut || !cube || lut.intensity === 0) return null;
  const found = [0, 0, 0];
  return (c) => {
    limit(c);
    cube.sample(c, found);
    for (let at = 0; at < 3; at += 1) c[at] += (found[at] - c[at]) * lut.intensity;
  };
}

/**
 * @param {any} values
 * @param {Cube | null} [cube]
 * @returns {Step | null}
 */
function recipe(values, cube) {
  /** @type {Step[]} */
  const steps = [
    adjusting(values.adjust),
    wheeling(values.wheels),
    curving(values.curves),
    hueing(values.hueCurves),
    ...values.secondaries.map(selecting),
    looking(values.lut, cube),
  ].filter(Boolean);
  if (steps.length === 0) return null;
  return (pixel) => {
    for (const step of steps) step(pixel);
    limit(pixel);
  };
}

export { recipe, smoothstep };
