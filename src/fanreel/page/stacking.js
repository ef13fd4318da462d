// The clips of the page's own composition lie one above the other.
//
//   apply()     places the clips directly below the root that have come since the last time
//   fillAll()   once more, when the clips are shown and hidden as at the start
//
// What has a data-start and stands directly below the root leaves the flow when the page has been
// parsed, so that one scene does not push the next out of the frame. It stands where it would have
// begun in the flow, and offsets of a relative one then count from the root's edges. Where that
// leaves a side without length, as a clip's whose children are placed absolutely, it becomes what
// data-width or data-height says, or the root's: the clip goes on being the box that its children
// are placed in. A length of nothing is what the author wants where it is written inline. A
// composition written inline is as large as its data-width and data-height say. (Measured on
// HyperFrames 0.8.170; also heygen-com/hyperframes, pull requests 1702 and 3893.)

import "./root_box.js"; // listens first: the root has its size before clips are placed in it
import * as hostBoxes from "./host_boxes.js";
import { isImage } from "./nodes.js";
import { isRoot } from "./realm.js";
import * as timing from "./timing.js";

const SHEETS = 'link[rel~="stylesheet" i], style';
/** @type {("width" | "height")[]} */
const SIDES = ["width", "height"];
/** @type {WeakSet<HTMLElement>} */
const placed = new WeakSet();

/** @param {HTMLElement} clip */
function place(clip) {
  placed.add(clip);
  const { position } = getComputedStyle(clip);
  if (position !== "absolute" && position !== "fixed") {
    clip.style.position = "absolute";
    if (clip.matches(timing.COMPOSITION)) size(clip);
  }
  whenPicturesHaveSizes(clip, () => fill(clip));
}

/** @param {HTMLElement} composition */
function size(composition) {
  for (const name of SIDES) {
    const length = written(composition, name);
    if (length && composition.style[name] === "") composition.style[name] = length;
  }
}

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
function written(element, name) {
  const pixels = Number.parseFloat(element.getAttribute(`data-${name}`) ?? "");
  return pixels > 0 ? `${pixels}px` : null;
}

// A picture has no size before its file is there.
/**
 * @param {HTMLElement} clip
 * @param {() => void} then
 */
function whenPicturesHaveSizes(clip, then) {
  const images = [clip, ...clip.querySelectorAll("img")].filter(isImage);
  const waiting = images.filter(({ complete }) => !complete);
  if (waiting.length === 0) then();
  else Promise.allSettled(waiting.map((image) => image.decode())).then(then);
}

/** @param {HTMLElement} clip */
function fill(clip) {
  const style = getComputedStyle(clip);
  const empty = SIDES.filter((name) => clip.style[name] === "" && style[name] === "0px");
  for (const name of empty) clip.style[name] = written(clip, name) ?? "100%";
}

function placeAll() {
  for (const clip of clipsOf()) if (!placed.has(clip)) place(clip);
}

/** @returns {Iterable<HTMLElement>} */
const clipsOf = () => timing.rootElement()?.querySelectorAll(`:scope > ${timing.TIMED}`) ?? [];

// Scripts wait for the style sheets before them; a page without scripts may be parsed sooner.
const isStyled = () =>
  [.../** @type {NodeListOf<HTMLStyleElement>} */ (document.querySelectorAll(SHEETS))].every(
    ({ sheet, disabled }) => disabled || (sheet && rulesOf(sheet).every(isLoaded)),
  );

// A sheet that is imported has come.
/** @param {CSSRule} rule */
const isLoaded = (rule) => !(rule instanceof CSSImportRule) || rule.styleSheet !== null;

/** @param {CSSStyleSheet} sheet */
function rulesOf(sheet) {
  try {
    return [...sheet.cssRules];
  } catch {
    return []; // of another origin, and here
  }
}

let ready = false;
function start() {
  ready = true;
  hostBoxes.fit();
  placeAll();
}
function parsed() {
  if (isStyled() || document.readyState === "complete") start();
  else globalThis.addEventListener("load", start, { once: true });
}
if (isRoot) {
  if (document.readyState !== "loading") parsed();
  else document.addEventListener("DOMContentLoaded", parsed, { once: true });
}

export function apply() {
  if (ready) placeAll();
}

export function fillAll() {
  if (!isRoot) return;
  for (const clip of clipsOf()) fill(clip);
}
