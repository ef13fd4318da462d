// One frame: everything in the page put to the frame's time.
//
//   seek(frame, serial)     undefined, or a promise when something has to be waited for
//   paintMarker(serial)     tells the capture which picture is on the screen; called last
//
// Order, and why:
//   timers up to the frame's time, with stops of timelines in between; then workers
//   clip visibility, then media: a page reads video frames in its animation frame callbacks
//   animations known so far: callbacks see them moved, as the standard orders it
//   animation frame callbacks
//   registered timelines, then the renderers that draw what timelines have set
//   animations again, with those that were started meanwhile
//   whatever is under way now: images, fonts, requests, tasks, promises given to us
//   colour grades, from what timelines have made of their numbers
//   canvases that draw elements, once more when those are painted
//   scenes that a library blends by itself, from what all of that has made of the page

import { clock } from "./clock.js";
import * as compositing from "./compositing.js";
import * as fonts from "./fonts.js";
import { paintMarker } from "./marker.js";
import { real } from "./real.js";
import { config, realms } from "./realm.js";
import * as remoteFrames from "./remote_frames.js";
import * as styleImages from "./style_images.js";
import * as svgImages from "./svg_images.js";
import { noteVolumes } from "./volumes.js";

const SETTLE_ROUNDS = 50;
const FRAME_ROUNDS = 5;
const SETTLE_TIMEOUT_MS = 15_000;
let begun = false;

class FrameNotSettled extends Error {
  /**
   * @param {number} frame
   * @param {string[]} names
   */
  constructor(frame, names) {
    super(`frame ${frame} waits for: ${names.join(", ") || "a promise of the page"}`);
    this.name = "FrameNotSettled";
  }
}

/** @param {number} frame */
const msOf = (frame) => (frame * 1000 * (config.fpsDen ?? 1)) / (config.fpsNum ?? 30);

function begin() {
  begun = true;
  for (const realm of realms()) realm.animations.begin();
  clock.loading = false;
  for (const realm of realms()) {
    realm.animations.start();
    realm.runtimes.begin();
  }
}

/** @param {number} frame */
function showClips(frame) {
  for (const realm of realms()) {
    if (realm.clips.seek(frame)) realm.animations.dropVisibilityTransitions();
  }
}

function showMotion() {
  for (const realm of realms()) {
    realm.timelines.seek();
    realm.runtimes.seek();
  }
  for (const realm of realms()) realm.animations.seek();
  // Styles that scripts have written by now may name an animated image.
  styleImages.adoptInline();
}

function underWay() {
  const found = [];
  for (const realm of realms()) {
    found.push(...realm.runtimes.pending, ...realm.resources.pending());
  }
  return found;
}

/** @param {number} frame */
function* settle(frame) {
  for (let round = 0; round < SETTLE_ROUNDS; round += 1) {
    const promises = underWay();
    if (!clock.taskPosted && promises.length === 0) return;
    clock.taskPosted = false;
    if (promises.length > 0) {
      yield withTimeout(Promise.all(promises), frame);
      // What has arrived may be drawn by a callback, as maps do; a page that asks for more with
      // every callback is not followed for ever.
      if (round < FRAME_ROUNDS) clock.runFrames();
    }
    yield clock.turn();
    showMotion();
    showClips(frame);
  }
}

// A canvas that draws elements draws them as they were painted last, which is before this frame's
// changes: once these are painted, it draws again.
/** @param {number} frame */
function* redraw(frame) {
  if (![...realms()].map((realm) => realm.runtimes.tookElements()).includes(true)) return;
  for (let count = 0; count < 2; count += 1) {
    yield new Promise((resolve) => real.requestAnimationFrame(resolve));
  }
  if (clock.runFrames()) yield clock.rest();
  for (const realm of realms()) realm.timelines.redraw();
  showMotion();
  showClips(frame);
  for (const realm of realms()) realm.runtimes.tookElements();
}

/**
 * @param {Promise<unknown>} promise
 * @param {number} frame
 */
async function withTimeout(promise, frame) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = real.setTimeout(() => {
      const names = [...realms()].flatMap((realm) => realm.resources.waitingFor());
      reject(new FrameNotSettled(frame, names));
    }, SETTLE_TIMEOUT_MS);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    real.clearTimeout(timer);
  }
}

/**
 * @param {number} frame
 * @param {number} serial
 */
function* steps(frame, serial) {
  if (!begun) begin();
  const ms = msOf(frame);
  yield clock.advanceTo(ms);
  for (const realm of realms()) yield realm.workers.seek();
  showClips(frame);
  for (const realm of realms()) yield realm.media.seek(ms);
  yield svgImages.seek(ms);
  for (const realm of realms()) realm.animations.show();
  if (clock.runFrames()) yield clock.rest();
  yield clock.runDue();
  showMotion();
  showClips(frame);
  yield remoteFrames.seek(frame);
  yield* settle(frame);
  yield* redraw(frame);
  for (const realm of realms()) yield realm.vfx.seek();
  for (const realm of realms()) yield realm.grading.seek(frame);
  yield compositing.seek();
  noteVolumes(frame);
  fonts.passed(frame);
  paintMarker(serial);
}

// Runs to the end at once unless a step gives a promise.
/** @param {Iterator<any, any, any>} iterator */
function run(iterator) {
  /** @type {(value?: unknown) => any} */
  const next = (value) => {
    let step = iterator.next(value);
    while (!step.done && typeof step.value?.then !== "function") step = iterator.next();
    return step.done ? undefined : step.value.then(next);
  };
  return next();
}

/**
 * @param {number} frame
 * @param {number} [serial]
 */
export const seek = (frame, serial = frame) => run(steps(frame, serial));
