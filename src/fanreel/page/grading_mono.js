// The one-ink screen of a grade: dots, squares, diamonds, triangles or lines, as large as it is dark.
//
//   draw(pixels, box, values)                 in place
//
// A cell's shape is as large as the luma at the cell's middle says. Lengths are cells; fitted to stills
// of the reference at six sizes and turns, five shapes and three spreads.

const BLACK_AND_WHITE = [
  [0, 0, 0],
  [1, 1, 1],
];
const LARGEST = 0.7;
const SOFT = 0.0175;
// How far a place is from the middle of its cell, and how soft the shape's edge is.
const SHAPES = [
  { far: (right, up) => Math.hypot(right, up), soft: SOFT },
  { far: (right, up) => Math.max(Math.abs(right), Math.abs(up)), soft: SOFT },
  { far: (right, up) => Math.abs(right) + Math.abs(up), soft: SOFT },
  { far: (right, up) => Math.max(Math.abs(right) * 0.866 + up * 0.5, -up), soft: SOFT },
  { far: (_right, up) => 2 * Math.abs(up), soft: SOFT },
];

function cellOf({ width, height }, size) {
  return (8 + 28 * size) * Math.max(Math.min(width, height) / 1080, 0.125);
}

const within = (value, most) => Math.min(Math.max(value, 0), most);

function lumasOf({ data, width, height }) {
  const lumas = new Float32Array(width * height);
  for (let pixel = 0, at = 0; pixel < lumas.length; pixel += 1, at += 4) {
    lumas[pixel] = (0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2]) / 255;
  }
  return lumas;
}

// Between the four pixels around a place of the box, counted from its bottom left.
function lumaAt(lumas, { width, height }, box, right, up) {
  const x = within((right - box.left) / box.across - 0.5, width - 1);
  const y = within((box.height - up - box.top) / box.down - 0.5, height - 1);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [along, down] = [x - column, y - row];
  const at = row * width + column;
  const next = column + 1 < width ? 1 : 0;
  const below = row + 1 < height ? width : 0;
  const upper = lumas[at] * (1 - along) + lumas[at + next] * along;
  const lower = lumas[at + below] * (1 - along) + lumas[at + below + next] * along;
  return upper * (1 - down) + lower * down;
}

// The shape's reach at a cell: looked up once for all places in it.
function reaches(pixels, box, cell, [cosine, sine], effects) {
  const lumas = lumasOf(pixels);
  const power = 0.82 - 0.55 * effects.monoScreenSpread;
  const isInverted = effects.monoScreenInvert > 0.5;
  const known = new Map();
  return (column, row) => {
    const key = column * 65536 + row;
    let reach = known.get(key);
    if (reach === undefined) {
      const [u, v] = [(column + 0.5) * cell, (row + 0.5) * cell];
      const luma = lumaAt(lumas, pixels, box, u * cosine - v * sine, u * sine + v * cosine);
      reach = LARGEST * (isInverted ? luma : 1 - luma) ** power;
      known.set(key, reach);
    }
    return reach;
  };
}

function draw(pixels, box, { effects, palette }) {
  const { data, width, height } = pixels;
  const colours = palette ?? BLACK_AND_WHITE;
  const [dark, light] = [colours[0], colours.at(-1)];
  const angle = (effects.monoScreenAngle * Math.PI) / 2;
  /** @type {[number, number]} */
  const turn = [Math.cos(angle), Math.sin(angle)];
  const cell = cellOf(box, effects.monoScreenSize);
  const { far, soft } = SHAPES[Math.round(effects.monoScreenShape)];
  const reachOf = reaches(pixels, box, cell, turn, effects);
  for (let y = 0, at = 0; y < height; y += 1) {
    const up = box.height - box.top - (y + 0.5) * box.down;
    for (let x = 0; x < width; x += 1, at += 4) {
      const right = box.left + (x + 0.5) * box.across;
      const u = (right * turn[0] + up * turn[1]) / cell;
      const v = (up * turn[0] - right * turn[1]) / cell;
      const [column, row] = [Math.floor(u), Math.floor(v)];
      const away = far(u - column - 0.5, v - row - 0.5) - reachOf(column, row);
      const part = within((away + soft) / (2 * soft), 1);
      const paper = part * part * (3 - 2 * part);
      for (let channel = 0; channel < 3; channel += 1) {
        const ink = 255 * (dark[channel] + (light[channel] - dark[channel]) * paper);
        data[at + channel] += (ink - data[at + channel]) * effects.monoScreen;
      }
    }
  }
}

export { draw };
