// How loud media are: by data-volume, and by what scripts make of `volume`.
//
//   volumeOf(element)        its data-volume, 1 unless said
//   noteVolumes(frame)       while planning: remembers how loud scripts have set each medium
//   turned                   element whose volume a script moves -> [[frame, volume], ...]
//   startAsWritten(element)  a medium that has just come

import { fail } from "./media_errors.js";
import { accessor } from "./real.js";
import { config } from "./realm.js";

// +12 dB, the most that the format's gain goes up to (HyperFrames docs, html-schema): "about 3.981".
const MOST_VOLUME = 10 ** (12 / 20);
/** @type {Map<HTMLMediaElement, [number, number][]>} */
export const turned = new Map();
let lastFrame = 0;

/** @param {Element} element */
export function volumeOf(element) {
  const text = element.getAttribute("data-volume")?.trim();
  const value = readVolume(text);
  if (value !== null) return value;
  fail(
    "bad-volume",
    element,
    `data-volume="${text}" must be a number from 0 to 1 (up to ${MOST_VOLUME.toFixed(3)} boosts)`,
  );
  return 1;
}

// As data-volume has it, or null where that is no volume.
/** @param {string | undefined} text */
function readVolume(text) {
  if (!text) return 1;
  const value = Number(text);
  return Number.isFinite(value) && value >= 0 && value <= MOST_VOLUME ? value : null;
}

// ---- volume that scripts move --------------------------------------------------------------------
// Fades start at what data-volume says, as in a browser's preview.
const loudness = accessor(HTMLMediaElement.prototype, "volume");
/** @param {Element} element */
const startingVolume = (element) =>
  Math.min(readVolume(element.getAttribute("data-volume")?.trim()) ?? 1, 1);

Object.defineProperty(HTMLMediaElement.prototype, "volume", {
  ...loudness,
  set(value) {
    const before = loudness.get.call(this);
    loudness.set.call(this, value);
    if (loudness.get.call(this) === before || turned.has(this)) return;
    turned.set(this, [[lastFrame, before]]);
  },
});

/** @param {number} frame */
export function noteVolumes(frame) {
  if (config.media) return;
  lastFrame = frame;
  for (const [element, points] of turned) points.push([frame, loudness.get.call(element)]);
}

/** @param {HTMLMediaElement} element */
export function startAsWritten(element) {
  if (!turned.has(element)) loudness.set.call(element, startingVolume(element));
}
