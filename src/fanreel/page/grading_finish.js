// What a grade does by place rather than by colour: the finish, over the element's own box.
//
//   plan(values, frame, element)                   {key, before(pixels), after(pixels)}, or null for
//                                                  nothing to do; equal keys draw the same
//
// The picture may be cut or squeezed by object-fit: `box` says where its pixels lie in the element.

import * as gradingEffects from "./grading_effects.js";
import { config } from "./realm.js";

// What is another picture in every frame.
/** @import { Box, Effects } from "./types.d.ts" */

const MOVING = ["crosshatch", "tapeDamage", "filmArtifacts", "digitalGlitch"];

// ---- where the pixels lie ---------------------------------------------------------------------------
/** @param {HTMLElement} element */
function contentBox(element) {
  const style = getComputedStyle(element);
  /** @param {"Left" | "Right" | "Top" | "Bottom"} side */
  const pad = (side) => Number.parseFloat(style[`padding${side}`]) || 0;
  return {
    width: element.clientWidth - pad("Left") - pad("Right"),
    height: element.clientHeight - pad("Top") - pad("Bottom"),
    fit: style.objectFit,
    position: style.objectPosition,
  };
}

/**
 * @param {string} fit
 * @param {number} across
 * @param {number} down
 */
function scaleOf(fit, across, down) {
  if (fit === "cover") return Math.max(across, down);
  if (fit === "contain") return Math.min(across, down);
  return fit === "scale-down" ? Math.min(across, down, 1) : 1;
}

// {left, top, across, down, width, height}: a pixel's place in the box, and the box's size.
/**
 * @param {ReturnType<typeof contentBox>} shape
 * @param {{width: number, height: number}} picture
 * @returns {Box}
 */
function lay({ width, height, fit, position }, picture) {
  let across = width / picture.width;
  let down = height / picture.height;
  if (fit !== "fill") across = down = scaleOf(fit, across, down);
  const [x, y] = position.split(" ");
  const left = place(x, width - across * picture.width);
  const top = place(y, height - down * picture.height);
  return { left, top, across, down, width, height };
}

/**
 * @param {string} text
 * @param {number} free
 */
const place = (text, free) =>
  text?.endsWith("%") ? (Number.parseFloat(text) / 100) * free : Number.parseFloat(text) || 0;

// ---- the whole --------------------------------------------------------------------------------------
/**
 * @param {{details: Record<string, number>, effects: Effects, palette: number[][] | null}} values
 * @param {number} frame
 * @param {HTMLElement} element
 */
function plan({ details, effects, palette }, frame, element) {
  const { BEFORE, DRAWN } = gradingEffects;
  const isBefore = BEFORE.some((name) => effects[name] > 0);
  const isDrawn = [...DRAWN].some((name) => effects[name] > 0);
  if (!isDrawn && details.vignette === 0 && details.grain === 0) return null;
  const shape = contentBox(element);
  const isMoving = details.grain > 0 || MOVING.some((name) => effects[name] > 0);
  const moves = isMoving ? frame : null;
  const moment = { frame, seconds: (frame * (config.fpsDen ?? 1)) / (config.fpsNum ?? 30) };
  /** @type {ImageData} */
  let source;
  return {
    key: JSON.stringify([details, effects, palette, shape, moves]),
    before: (/** @type {ImageData} */ pixels) => {
      source = pixels;
      return isBefore ? gradingEffects.before(pixels, lay(shape, pixels), effects, moment) : pixels;
    },
    after: (/** @type {ImageData} */ pixels) => {
      const values = { details, effects, palette };
      gradingEffects.after(pixels, lay(shape, pixels), values, moment, source);
    },
  };
}

export { plan };
