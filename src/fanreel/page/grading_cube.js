// Colour tables of other editors: 3D `.cube` files.
//
//   parse(text)                 {size, sample(colour, into)}; throws what is wrong with it

const LARGEST = 64;

/** @param {string[]} words */
const numbersIn = (words) => words.map(Number);

/** @param {string} text */
function parse(text) {
  let size = 0;
  const low = [0, 0, 0];
  const high = [1, 1, 1];
  const data = [];
  for (const raw of text.split(/\r\n|\n|\r/)) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#") || line.startsWith("TITLE")) continue;
    const [name, ...rest] = line.split(/\s+/);
    if (name === "LUT_3D_SIZE") size = Number(rest[0]);
    else if (name === "DOMAIN_MIN") low.splice(0, 3, ...numbersIn(rest));
    else if (name === "DOMAIN_MAX") high.splice(0, 3, ...numbersIn(rest));
    else if (name === "LUT_3D_INPUT_RANGE") {
      low.fill(Number(rest[0]));
      high.fill(Number(rest[1]));
    } else if (name.startsWith("LUT_1D")) {
      throw new Error("it is a 1D table; the format reads 3D tables (LUT_3D_SIZE) only");
    } else data.push(...numbersIn([name, ...rest]));
  }
  check(size, data, low, high);
  return { size, sample: sampler(Float64Array.from(data), size, low, high) };
}

/**
 * @param {number} size
 * @param {number[]} data
 * @param {number[]} low
 * @param {number[]} high
 */
function check(size, data, low, high) {
  if (!Number.isInteger(size) || size < 2 || size > LARGEST) {
    throw new Error(`LUT_3D_SIZE must be a whole number from 2 to ${LARGEST}`);
  }
  if (data.length !== size ** 3 * 3) {
    throw new Error(
      `it has ${data.length / 3} colours where LUT_3D_SIZE ${size} asks for ${size ** 3}`,
    );
  }
  if (!data.every(Number.isFinite)) throw new Error("one of its lines is no colour");
  if (!low.every((value, at) => value < high[at])) {
    throw new Error("its input range is empty");
  }
}

// Trilinear, as a texture unit does it.
/**
 * @param {Float64Array} data
 * @param {number} size
 * @param {number[]} low
 * @param {number[]} high
 * @returns {(colour: number[], into: number[]) => void}
 */
function sampler(data, size, low, high) {
  const last = size - 1;
  const strides = [3, 3 * size, 3 * size * size];
  const parts = [0, 0, 0];
  return (colour, into) => {
    let base = 0;
    for (let at = 0; at < 3; at += 1) {
      const inside = (colour[at] - low[at]) / (high[at] - low[at]);
      const place = Math.min(Math.max(inside, 0), 1) * last;
      const cell = Math.min(Math.floor(place), last - 1);
      parts[at] = place - cell;
      base += cell * strides[at];
    }
    into.fill(0);
    for (let corner = 0; corner < 8; corner += 1) {
      let weight = 1;
      let from = base;
      for (let at = 0; at < 3; at += 1) {
        const far = (corner >> at) & 1;
        weight *= far ? parts[at] : 1 - parts[at];
        from += far * strides[at];
      }
      if (weight === 0) continue;
      for (let at = 0; at < 3; at += 1) into[at] += weight * data[from + at];
    }
  };
}

export { parse };
