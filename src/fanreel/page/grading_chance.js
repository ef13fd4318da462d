// Chance for effects of a grade: the same everywhere for the same three whole numbers.
//
//   of(x, y, z)              0 to 1
//   smooth(x, y, z)          0 to 1, between whole x and y blended

function of(x, y, z) {
  let mixed = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(z, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 0x100000000;
}

const eased = (share) => share * share * (3 - 2 * share);

function smooth(x, y, z) {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [along, down] = [eased(x - column), eased(y - row)];
  const upper = of(column, row, z) * (1 - along) + of(column + 1, row, z) * along;
  const lower = of(column, row + 1, z) * (1 - along) + of(column + 1, row + 1, z) * along;
  return upper * (1 - down) + lower * down;
}

export { of, smooth };
