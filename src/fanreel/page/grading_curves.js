// Curves of a colour grade: monotone cubic through the points (PCHIP, as SciPy's), and what a shader
// makes of numbers it keeps in eight bits.
//
//   tone(points)                            x -> y from 0 to 1
//   hue(points, most)                       hue in turns -> -1..1, round the circle
//   signed(value)                           a number from -1 to 1 as the reference's textures keep it
//   unsigned(value)                         one from 0 to 1

/** @typedef {[x: number, y: number][]} Points Of a curve, by x. */
/** @typedef {(x: number) => number} Curve */

const HUES = 256;
const TONES = 1024;

// Zero is exact, so the steps are 1/127; measured on the reference.
/** @param {number} value */
function signed(value) {
  const stored = Math.floor(127.5 + 127.5 * Math.fround(value) + 0.5) - 127.5;
  return (Math.sign(stored) * Math.max(Math.abs(stored) - 0.5, 0)) / 127;
}

/** @param {number} value */
const unsigned = (value) => Math.floor(Math.fround(value) * 255 + 0.5) / 255;

// One-sided slope at an end, kept from overshooting.
/**
 * @param {number} width
 * @param {number} next
 * @param {number} rise
 * @param {number} nextRise
 */
function endSlope(width, next, rise, nextRise) {
  const slope = ((2 * width + next) * rise - width * nextRise) / (width + next);
  if (slope * rise <= 0) return 0;
  if (rise * nextRise <= 0 && Math.abs(slope) > 3 * Math.abs(rise)) return 3 * rise;
  return slope;
}

/**
 * @param {number[]} widths
 * @param {number[]} rises
 */
function slopes(widths, rises) {
  const count = widths.length;
  if (count === 1) return [rises[0], rises[0]];
  const found = [endSlope(widths[0], widths[1], rises[0], rises[1])];
  for (let at = 1; at < count; at += 1) {
    const [before, after] = [rises[at - 1], rises[at]];
    if (before * after <= 0) {
      found.push(0);
      continue;
    }
    const first = 2 * widths[at] + widths[at - 1];
    const second = widths[at] + 2 * widths[at - 1];
    found.push((first + second) / (first / before + second / after));
  }
  found.push(endSlope(widths[count - 1], widths[count - 2], rises[count - 1], rises[count - 2]));
  return found;
}

/**
 * @param {Points} points
 * @returns {Curve}
 */
function monotone(points) {
  const widths = points.slice(1).map(([x], at) => x - points[at][0]);
  const rises = points.slice(1).map(([, y], at) => (y - points[at][1]) / widths[at]);
  const steep = slopes(widths, rises);
  return (x) => {
    let at = 0;
    while (at < widths.length - 1 && x >= points[at + 1][0]) at += 1;
    const width = widths[at];
    const t = Math.min(Math.max((x - points[at][0]) / width, 0), 1);
    const [square, cube] = [t * t, t * t * t];
    return (
      (2 * cube - 3 * square + 1) * points[at][1] +
      (cube - 2 * square + t) * width * steep[at] +
      (3 * square - 2 * cube) * points[at + 1][1] +
      (cube - square) * width * steep[at + 1]
    );
  };
}

// Read from a table, since a grade asks hundreds of thousands of times.
/**
 * @param {Points} points
 * @returns {Curve}
 */
function tone(points) {
  const curve = monotone(points);
  const table = Float64Array.from({ length: TONES + 1 }, (_, at) =>
    Math.min(Math.max(curve(at / TONES), 0), 1),
  );
  return (x) => {
    const place = Math.min(Math.max(x, 0), 1) * TONES;
    const at = Math.min(Math.floor(place), TONES - 1);
    return table[at] + (table[at + 1] - table[at]) * (place - at);
  };
}

/**
 * @param {Points} points
 * @param {number} most
 * @returns {Curve}
 */
function hue(points, most) {
  /** @type {Points} */
  const around = [-360, 0, 360].flatMap((turn) => points.map(([x, y]) => [x + turn, y / most]));
  const curve = monotone(around);
  const table = Float64Array.from({ length: HUES }, (_, at) => signed(curve((at * 360) / HUES)));
  return (turns) => {
    const place = turns * HUES;
    const at = Math.floor(place);
    const value = table[at % HUES];
    return value + (table[(at + 1) % HUES] - value) * (place - at);
  };
}

export { hue, signed, tone, unsigned };
