// Chance for effects of a picture: the same everywhere for the same three whole numbers.
//
//   bits(x, y, z)            32 of them, as a whole number
//   of(x, y, z)              0 to 1
//   around(share)            -1 to 1, from 0 to 1
//   smooth(x, y, z)          0 to 1, between whole x and y blended

/** @typedef {(x: number, y: number, z: number) => number} Chance */

/** @type {Chance} */
function bits(x, y, z) {
  let mixed = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(z, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** @type {Chance} */
const of = (x, y, z) => bits(x, y, z) / 0x100000000;

/** @param {number} share */
const around = (share) => 2 * share - 1;

/** @param {number} share */
const eased = (share) => share * share * (3 - 2 * share);

/** @type {Chance} */
function smooth(x, y, z) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [along, down] = [eased(x - column), eased(y - row)];
  const upper = of(column, row, z) * (1 - along) + of(column + 1, row, z) * along;
  const lower = of(column, row + 1, z) * (1 - along) + of(column + 1, row + 1, z) * along;
  return upper * (1 - down) + lower * down;
}

export { around, bits, of, smooth };
