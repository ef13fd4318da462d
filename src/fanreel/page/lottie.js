// Lottie players on the page: lottie-web's and dotLottie's.
//
//   players()            all there are
//   seekPlayer(player)   shows its picture of the clock's time
//   lengthS(player)      its length in seconds

import { clock } from "./clock.js";

/** @type {any} */
const page = globalThis;

export function players() {
  const found = new Set(Array.isArray(page.__hfLottie) ? page.__hfLottie : []);
  for (const library of [page.lottie, page.bodymovin]) {
    for (const item of library?.getRegisteredAnimations?.() ?? []) found.add(item);
  }
  for (const element of document.querySelectorAll("dotlottie-wc,dotlottie-player,lottie-player")) {
    const player = element.dotLottie ?? element.getLottie?.();
    if (player) found.add(player);
  }
  return [...found].filter((item) => item !== null && typeof item === "object");
}

// A one-shot holds its last frame, a loop turns (docs, adapters/lottie).
/**
 * @param {number} raw
 * @param {number} frames
 * @param {boolean} loops
 */
function frameAt(raw, frames, loops) {
  if (!(frames > 0)) return 0;
  if (loops) return ((raw % frames) + frames) % frames;
  return Math.min(Math.max(raw, 0), frames - 1);
}

/** @param {any} player */
export function seekPlayer(player) {
  const seconds = clock.now / 1000;
  if (typeof player.goToAndStop === "function") {
    if (player.isLoaded === false || !player.totalFrames) return;
    const speed = player.playSpeed ?? 1;
    const raw = seconds * player.frameRate * speed * (player.playDirection ?? 1);
    const from = raw < 0 ? player.totalFrames - 1 + raw : raw;
    player.goToAndStop(frameAt(from, player.totalFrames, player.loop === true), true);
    return;
  }
  const frames = player.totalFrames;
  if (player.isLoaded === false || !(frames > 0)) return;
  if (player.isPlaying) player.pause?.();
  const raw = (seconds / player.duration) * frames * (player.speed ?? 1);
  const frame = frameAt(raw, frames, player.loop === true);
  if (typeof player.setFrame === "function") player.setFrame(frame);
  else if (typeof player.seek === "function") player.seek(frame);
}

/** @param {any} player */
export function lengthS(player) {
  if (typeof player.goToAndStop === "function") return player.totalFrames / player.frameRate;
  return player.duration;
}
