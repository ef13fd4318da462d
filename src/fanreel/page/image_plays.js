// Whether an image moves, read in its file.
//
//   await plays(url)   how often it plays: 0 when it is still, 1 once, 2 for more than once
//   playsOf(bytes)     the same of the file's bytes
//   fileOf(url)        how a message names a file

import { real } from "./real.js";

/** @type {(bytes: Uint8Array, at: number, text: string) => boolean} */
const has = (bytes, at, text) =>
  [...text].every((char, index) => bytes[at + index] === char.charCodeAt(0));
/** @type {(bytes: Uint8Array, at: number) => number} */
const word = (bytes, at) => new DataView(bytes.buffer).getUint32(at);

// How often an image plays: 0 when it is still, 1 once, 2 for more than once.
/** @param {Uint8Array} bytes */
export function playsOf(bytes) {
  if (has(bytes, 0, "GIF8")) return gifPlays(bytes);
  if (has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP")) return webpPlays(bytes);
  if (has(bytes, 1, "PNG\r\n")) return pngPlays(bytes);
  return has(bytes, 4, "ftypavis") ? 2 : 0;
}

/** @param {Uint8Array} bytes */
function gifPlays(bytes) {
  const table = (/** @type {number} */ flags) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + table(bytes[10]);
  let frames = 0;
  let repeats = false;
  while (at < bytes.length && bytes[at] !== 0x3b) {
    if (bytes[at] === 0x2c) {
      frames += 1;
      at += 11 + table(bytes[at + 9]);
    } else {
      repeats ||=
        bytes[at + 1] === 0xff &&
        has(bytes, at + 3, "NETSCAPE2.0") &&
        bytes[at + 16] + bytes[at + 17] !== 1;
      at += 2;
    }
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at] + 1;
    at += 1;
  }
  if (frames < 2) return 0;
  return repeats ? 2 : 1;
}

/** @param {Uint8Array} bytes */
function webpPlays(bytes) {
  if (!has(bytes, 12, "VP8X") || !(bytes[20] & 2)) return 0;
  for (let at = 30; at + 14 <= bytes.length; ) {
    if (has(bytes, at, "ANIM")) return bytes[at + 12] + bytes[at + 13] * 256 === 1 ? 1 : 2;
    const size = new DataView(bytes.buffer).getUint32(at + 4, true);
    at += 8 + size + (size & 1);
  }
  return 2;
}

/** @param {Uint8Array} bytes */
function pngPlays(bytes) {
  for (let at = 8; at + 20 <= bytes.length; at += 12 + word(bytes, at)) {
    if (has(bytes, at + 4, "IDAT")) return 0;
    if (has(bytes, at + 4, "acTL")) return word(bytes, at + 12) === 1 ? 1 : 2;
  }
  return 0;
}

const looked = new Map();
/** @param {string} url */
export function plays(url) {
  if (!looked.has(url)) {
    const answer = real
      .fetch(url)
      .then(async (response) =>
        response.ok ? playsOf(new Uint8Array(await response.arrayBuffer())) : 0,
      )
      // Another origin's image may be shown but not read: its name has to do.
      .catch(() => (/\.gif([?#]|$)/i.test(url) ? 2 : 0));
    looked.set(url, answer);
  }
  return looked.get(url);
}

/** @param {string} url */
export const fileOf = (url) =>
  url.startsWith("data:") ? "an image in a data: URL" : url.replace(`${location.origin}/`, "");
