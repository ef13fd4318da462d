// Seeded chance, the same for pages and workers.
//
//   hash(text, start)   a seed out of a text
//   makeChance(base, check)   puts Math.random and crypto under a generator; gives {reseed(ms)},
//                       after which the numbers of that time follow. *check* is the browser's own
//                       getRandomValues: it throws what the standard says for wrong arguments.

const HASH_START = 1779033703;

// xmur3 (public domain): text to a 32-bit seed.
/**
 * @param {string} text
 * @param {number} [start]
 */
export function hash(text, start = HASH_START) {
  let h = start;
  for (const char of text) {
    h = Math.imul(h ^ Number(char.codePointAt(0)), 3432918353);
    h = (h << 13) | (h >>> 19);
  }
  return h >>> 0;
}

// As xmur3 begins.
/** @param {string} text */
export const startOf = (text) => HASH_START ^ text.length;

/** @param {number} value */
function mix(value) {
  let h = Math.imul(value ^ (value >>> 16), 2246822507);
  h = Math.imul(h ^ (h >>> 13), 3266489909);
  return (h ^ (h >>> 16)) >>> 0;
}

// sfc32 (public domain): passes PractRand, and is short.
/** @param {number} base */
export function makeGenerator(base) {
  let state = [0, 0, 0, 0];

  function next() {
    let [a, b, c, d] = state;
    const result = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + result;
    state = [a, b, c | 0, d];
    return result >>> 0;
  }

  /** @param {number} ms */
  function reseed(ms) {
    const micros = Math.round(ms * 1000);
    state = [base, mix(micros >>> 0), mix(Math.floor(micros / 2 ** 32) ^ base), 1];
    for (let round = 0; round < 12; round += 1) next();
  }

  reseed(0);
  return { next, reseed };
}

/**
 * @param {number} base
 * @param {(array: any) => unknown} check
 */
export function makeChance(base, check) {
  const { next, reseed } = makeGenerator(base);

  /** @param {Uint8Array} bytes */
  function fill(bytes) {
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = next() >>> 24;
  }

  Math.random = function random() {
    return ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  };

  Crypto.prototype.getRandomValues = function getRandomValues(array) {
    check.call(this, array);
    fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };

  Crypto.prototype.randomUUID = /** @type {any} */ (
    function randomUUID() {
      const bytes = new Uint8Array(16);
      fill(bytes);
      bytes[6] = (bytes[6] & 15) | 64;
      bytes[8] = (bytes[8] & 63) | 128;
      const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
    }
  );

  return { reseed };
}
