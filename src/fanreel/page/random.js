// Seeded chance: the same frame draws the same numbers in whatever order frames are asked for.
//
//   F.random.reseed(ms)   called by the clock before each task and each frame
//
// The seed is config.seed with the page's time; while the page loads, the time is 0 and numbers
// follow each other from there.
(() => {
  const F = globalThis.__fanreel;
  const { real } = F;
  const base = hash(String(F.config.seed ?? 0));
  let state = [0, 0, 0, 0];

  // xmur3 (public domain): text to a stream of 32-bit seeds.
  function hash(text) {
    let h = 1779033703 ^ text.length;
    for (let index = 0; index < text.length; index += 1) {
      h = Math.imul(h ^ text.charCodeAt(index), 3432918353);
      h = (h << 13) | (h >>> 19);
    }
    return h >>> 0;
  }

  function mix(value) {
    let h = Math.imul(value ^ (value >>> 16), 2246822507);
    h = Math.imul(h ^ (h >>> 13), 3266489909);
    return (h ^ (h >>> 16)) >>> 0;
  }

  // sfc32 (public domain): passes PractRand, and is short.
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

  function reseed(ms) {
    const micros = Math.round(ms * 1000);
    state = [base, mix(micros >>> 0), mix(Math.floor(micros / 2 ** 32) ^ base), 1];
    for (let round = 0; round < 12; round += 1) next();
  }

  Math.random = function random() {
    return ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53;
  };

  function fill(bytes) {
    for (let index = 0; index < bytes.length; index += 1) {
      bytes[index] = next() >>> 24;
    }
  }

  Crypto.prototype.getRandomValues = function getRandomValues(array) {
    real.getRandomValues(array); // throws what the standard says for wrong arguments
    fill(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  };

  Crypto.prototype.randomUUID = function randomUUID() {
    const bytes = new Uint8Array(16);
    fill(bytes);
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  };

  reseed(0);
  F.random = { reseed };
})();
