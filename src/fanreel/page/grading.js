// `data-color-grading`: pictures of `<img>` and `<video>` graded, in the last but one step of a frame.
//
//   seek(frame)             undefined, or a promise while a graded image is being decoded
//   describe()              warnings about what cannot be read, found or drawn
//
// Numbers may be animated by custom properties; everything else is the attribute's, as it stands.

import * as assets from "./assets.js";
import * as gradingColour from "./grading_colour.js";
import * as gradingCube from "./grading_cube.js";
import * as gradingFinish from "./grading_finish.js";
import * as gradingImages from "./grading_images.js";
import * as gradingTable from "./grading_table.js";
import * as gradingValues from "./grading_values.js";
import { instanceOf } from "./instances.js";
import * as media from "./media.js";
import { problem } from "./problems.js";
import { messageOf } from "./thrown.js";

/**
 * @typedef {object} Grade What is to be done to an element's picture in a frame.
 * @property {string} name Of its colours.
 * @property {((pixel: number[]) => void) | null} recipe
 * @property {number} intensity
 * @property {ReturnType<typeof gradingFinish.plan>} finish
 * @property {string} key Says all that decides it.
 */
/**
 * @typedef {object} Item
 * @property {any} element An `<img>` or a `<video>`.
 * @property {string} [key] Of what it shows.
 * @property {string | null} [url] Of the picture in an image's place.
 * @property {HTMLCanvasElement} [canvas] In a video's place.
 */

const NAME = "data-color-grading";
/** @type {Record<string, [string, number, number]>} */
const ANIMATED = {
  intensity: ["intensity", 0, 1],
  "lut-intensity": ["lut.intensity", 0, 1],
  exposure: ["adjust.exposure", -2, 2],
  blur: ["effects.blur", 0, 1],
  bloom: ["effects.bloom", 0, 3],
  kuwahara: ["effects.kuwahara", 0, 1],
  pixelate: ["effects.pixelate", 0, 1],
  ascii: ["effects.ascii", 0, 1],
  dither: ["effects.dither", 0, 1],
};
/** @type {Map<Element, Item>} */
const items = new Map(); // element -> what is known of it
/** @type {Map<string, {values: any, problems: string[]}>} */
const readings = new Map(); // attribute text -> {values, problems}
/** @type {Map<string, ReturnType<typeof loadCube>>} */
const cubes = new Map(); // URL -> {cube} or {problem}

// ---- what is asked for ----------------------------------------------------------------------------
/** @param {Element} element */
function reading(element) {
  const text = element.getAttribute(NAME) ?? "";
  const known = readings.get(text) ?? gradingValues.read(text);
  readings.set(text, known);
  return known;
}

/** @param {Element} element */
function valuesOf(element) {
  const { values } = reading(element);
  if (!values) return null;
  const style = getComputedStyle(element);
  let result = values;
  for (const [name, [path, low, high]] of Object.entries(ANIMATED)) {
    const written = style.getPropertyValue(`--hf-color-grading-${name}`).trim();
    const value = Number(written);
    if (written === "" || !Number.isFinite(value)) continue;
    result = changed(result, path.split("."), Math.min(Math.max(value, low), high));
  }
  return result;
}

/**
 * @param {any} values
 * @param {string[]} path
 * @param {number} value
 * @returns {any}
 */
function changed(values, [key, ...rest], value) {
  if (rest.length === 0) return { ...values, [key]: value };
  if (!values[key]) return values;
  return { ...values, [key]: changed(values[key], rest, value) };
}

// ---- tables of other editors ------------------------------------------------------------------------
/** @param {Element} element */
function fileOf(element) {
  let instance = instanceOf(element);
  while (instance?.url === null) instance = instance.parent;
  return instance?.url ?? document.baseURI;
}

/**
 * @param {Element} element
 * @param {{src: string}} lut
 */
function cubeOf(element, { src }) {
  const url = new URL(assets.resolve(src, fileOf(element)), document.baseURI).href;
  const known = cubes.get(url) ?? loadCube(url);
  cubes.set(url, known);
  return known;
}

/**
 * @param {string} url
 * @returns {{url: string, cube?: ReturnType<typeof gradingCube.parse>, problem?: string}}
 */
function loadCube(url) {
  try {
    return { url, cube: gradingCube.parse(assets.read(url)) };
  } catch (error) {
    return { url, problem: messageOf(error) };
  }
}

// ---- grading ----------------------------------------------------------------------------------------
// All that decides a picture, but for the picture itself.
/**
 * @param {HTMLElement} element
 * @param {number} frame
 * @returns {Grade | null}
 */
function planOf(element, frame) {
  const values = valuesOf(element);
  if (!values) return null;
  const found = values.lut ? cubeOf(element, values.lut) : null;
  const { intensity, adjust, wheels, curves, hueCurves, secondaries, lut } = values;
  const colours = [adjust, wheels, curves, hueCurves, secondaries, lut, found?.url];
  const name = JSON.stringify(colours);
  const recipe = gradingColour.recipe(values, found?.cube);
  const finish = gradingFinish.plan(values, frame, element);
  if (!recipe && !finish) return null;
  return { name, recipe, intensity, finish, key: `${name} ${intensity} ${finish?.key ?? ""}` };
}

/**
 * @param {ImageData} plain
 * @param {Grade} grade
 */
function graded(plain, { name, recipe, intensity, finish }) {
  const pixels = finish?.before(plain) ?? plain;
  const result = new ImageData(pixels.width, pixels.height);
  if (recipe && intensity > 0) {
    gradingTable.apply(gradingTable.of(name, recipe), pixels.data, result.data, intensity);
  } else result.data.set(pixels.data);
  finish?.after(result);
  return result;
}

/**
 * @param {Item} item
 * @param {Grade} plan
 */
function gradeVideo(item, plan) {
  const screen = media.screenOf(item.element);
  if (!screen) return undefined;
  const key = `${plan.key} ${screen.drawn}`;
  if (item.key === key) return undefined;
  item.key = key;
  const { width, height } = screen.canvas;
  const pixels = graded(screen.context.getImageData(0, 0, width, height), plan);
  item.canvas ??= document.createElement("canvas");
  item.canvas.style.cssText = screen.canvas.style.cssText;
  if (item.canvas.width !== width || item.canvas.height !== height) {
    Object.assign(item.canvas, { width, height });
  }
  item.canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  screen.show(item.canvas);
  return undefined;
}

/**
 * @param {Item} item
 * @param {Grade} plan
 */
async function gradeImage(item, plan) {
  const plain = gradingImages.plain(item);
  const isNew = typeof plain?.then === "function";
  if (!isNew && item.key === plan.key) return;
  const pixels = await plain;
  item.key = plan.key;
  if (pixels) await gradingImages.show(item, graded(pixels, plan));
}

/** @param {Item} item */
function leave(item) {
  if (item.element.localName === "video") media.screenOf(item.element)?.show(null);
  items.delete(item.element);
  const isImage = item.element.localName !== "video";
  return isImage && item.url ? gradingImages.restore(item) : undefined;
}

/** @param {number} frame */
function seek(frame) {
  if (items.size === 0 && !document.querySelector(`[${NAME}]`)) return undefined;
  /** @type {Map<HTMLElement, Grade>} */
  const plans = new Map();
  /** @type {NodeListOf<HTMLElement>} */
  const elements = document.querySelectorAll(`img[${NAME}], video[${NAME}]`);
  for (const element of elements) {
    const plan = planOf(element, frame);
    if (plan) plans.set(element, plan);
  }
  const gone = [...items.values()].filter((item) => !plans.has(item.element));
  const waits = gone.map(leave);
  for (const [element, plan] of plans) {
    const item = items.get(element) ?? { element };
    items.set(element, item);
    if (element.localName === "video") gradeVideo(item, plan);
    else waits.push(gradeImage(item, plan));
  }
  return waits.length > 0 ? Promise.all(waits) : undefined;
}

// ---- what the planner is told -------------------------------------------------------------------------
/** @param {Element} element */
function problemsOf(element) {
  if (!["img", "video"].includes(element.localName)) {
    return ["has no effect: only <img> and <video> are graded; grade what is in it"];
  }
  const { values, problems } = reading(element);
  if (!values) return problems.map((text) => `${text}; the picture is shown as it is`);
  const found = values.lut ? cubeOf(element, values.lut) : null;
  const lut = found?.problem
    ? [`lut ${values.lut.src} cannot be read (${found.problem}); the rest of the grade is applied`]
    : [];
  return [...problems, ...lut];
}

function describe() {
  return [...document.querySelectorAll(`[${NAME}]`)].flatMap((element) =>
    problemsOf(element).map((text) => problem("bad-grade", element, `${NAME}: ${text}`)),
  );
}

export { describe, seek };
