// What looks share: how light the picture is, values between two others, and how large cells are.
//
//   lumaAt(data, at)  0 to 255, of the pixel whose red lies at *at*; BT.709's weights
//   scaleOf(box)      cells grow with the box's shorter side: 1 at 1080 pixels
//   lumasOf(pixels)   0 to 1, one a pixel
//   copyOf(pixels)    ImageData
//   mix(low, high, share), within(value, most)   between the two, and between 0 and *most*
//   colourAt(pixels, box, right, up)   between the four pixels around a place of the box, counted
//                                      from its bottom left

/** @import { Box } from "./types.d.ts" */

/** @param {{width: number, height: number}} box */
const scaleOf = ({ width, height }) => Math.max(Math.min(width, height) / 1080, 0.125);

/** @param {ImageData} pixels */
const copyOf = ({ data, width, height }) =>
  new ImageData(new Uint8ClampedArray(data), width, height);

/** @type {(low: number, high: number, share: number) => number} */
const mix = (low, high, share) => low + (high - low) * share;

/** @type {(value: number, most: number) => number} */
const within = (value, most) => Math.min(Math.max(value, 0), most);

/** @type {(data: ArrayLike<number>, at: number) => number} */
const lumaAt = (data, at) => 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];

/** @param {ImageData} pixels */
function lumasOf({ data, width, height }) {
  const lumas = new Float32Array(width * height);
  for (let pixel = 0, at = 0; pixel < lumas.length; pixel += 1, at += 4) {
    lumas[pixel] = lumaAt(data, at) / 255;
  }
  return lumas;
}

/**
 * @param {ImageData} pixels
 * @param {Box} box
 * @param {number} right
 * @param {number} up
 */
function colourAt({ data, width, height }, box, right, up) {
  const x = within((right - box.left) / box.across - 0.5, width - 1);
  const y = within((box.height - up - box.top) / box.down - 0.5, height - 1);
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [along, down] = [x - column, y - row];
  const at = 4 * (row * width + column);
  const next = column + 1 < width ? 4 : 0;
  const below = row + 1 < height ? 4 * width : 0;
  return [at, at + 1, at + 2].map((from) => {
    const upper = data[from] * (1 - along) + data[from + next] * along;
    const lower = data[from + below] * (1 - along) + data[from + below + next] * along;
    return upper * (1 - down) + lower * down;
  });
}

export { colourAt, copyOf, lumaAt, lumasOf, mix, scaleOf, within };
