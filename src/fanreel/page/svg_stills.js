// A still copy of an SVG file that moves by itself, as it is at a time.
//
//   at(url, source, passedS)               the text of the file *source* after so many seconds
//
// SMIL is read off a live copy that is put to the time, and written down as plain attributes; CSS
// animations are paused, with their delays moved back by what has passed.

import { real } from "./real.js";

const SMIL = "animate, animateTransform, animateMotion, animateColor, set";
const LOADS = "image, feImage, use, script, foreignObject, iframe, audio, video";
/**
 * @typedef {object} Live A file whose animations run by our time.
 * @property {any} root
 * @property {any[]} all Its elements.
 * @property {Map<number, Set<string>>} moved Attributes, by the number of the element.
 */

/** @type {Map<string, Live>} */
const live = new Map(); // url -> {root, all: its elements, moved: Map number -> attributes}

// ---- SMIL at a time --------------------------------------------------------------------------------
/** @param {string} text */
const parse = (text) => new DOMParser().parseFromString(text, "image/svg+xml");

// In a tree of its own, where neither its ids nor its styles meet the page's.
/**
 * @param {string} url
 * @param {string} source
 * @returns {Live}
 */
function liveOf(url, source) {
  const known = live.get(url);
  if (known) return known;
  const { documentElement } = parse(source);
  const root = document.importNode(documentElement, true);
  const all = [root, ...root.querySelectorAll("*")];
  /** @type {Map<number, Set<string>>} */
  const moved = new Map();
  // Elements are numbered, to find them in the copy that is shown.
  all.forEach((element, number) => {
    if (element.matches(SMIL)) {
      const name = element.localName === "animateMotion" ? "transform" : null;
      const target =
        /** @type {SVGAnimationElement} */ (element).targetElement ?? element.parentElement;
      const place = target ? all.indexOf(target) : -1;
      note(moved, place, name ?? element.getAttribute("attributeName"));
    }
    for (const { name } of [...element.attributes]) {
      if (name.startsWith("on")) element.removeAttribute(name);
    }
    if (number > 0 && element.matches(LOADS)) disarm(element);
  });
  const host = document.createElement("div");
  host.style.cssText =
    "all: initial; position: fixed; left: 0; top: 0; width: 0; height: 0; overflow: hidden; " +
    "visibility: hidden; contain: strict";
  const tree = real.attachShadow.call(host, { mode: "closed" });
  const still = document.createElement("style");
  still.textContent = "* { animation: none !important; transition: none !important }";
  tree.append(still, root);
  document.documentElement.append(host);
  const found = { root, all, moved };
  live.set(url, found);
  return found;
}

/**
 * @param {Map<number, Set<string>>} moved
 * @param {number} number
 * @param {string | null} name
 */
function note(moved, number, name) {
  if (number < 0 || !name) return;
  moved.set(number, (moved.get(number) ?? new Set()).add(name));
}

// What an image may not load or run it shall not here.
/** @param {Element} element */
function disarm(element) {
  for (const name of ["href", "xlink:href", "src"]) {
    const value = element.getAttribute(name);
    if (value !== null && !/^(#|data:)/.test(value)) element.removeAttribute(name);
  }
  if (/^(script|iframe|audio|video)$/.test(element.localName)) element.textContent = "";
}

/** @param {DOMMatrix} matrix */
const numbersOf = (matrix) =>
  `matrix(${[matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f].join(" ")})`;

// The value of an attribute as SMIL has it now; null where only style knows.
/**
 * @param {any} element
 * @param {string} name
 */
function animated(element, name) {
  const plain = name.replace(/^xlink:/, "");
  if (plain === "transform") return ownTransform(element);
  if (plain === "points") return [...element.animatedPoints].map((p) => `${p.x},${p.y}`).join(" ");
  if (plain === "class") return element.className.animVal;
  if (`${plain}X` in element && `${plain}Y` in element) {
    return `${element[`${plain}X`].animVal} ${element[`${plain}Y`].animVal}`;
  }
  return text(element[plain]?.animVal);
}

/**
 * @param {any} value
 * @returns {string | null}
 */
function text(value) {
  if (typeof value === "string" || typeof value === "number") return String(value);
  if (value instanceof SVGLength) return value.valueAsString;
  if (value instanceof SVGRect) return [value.x, value.y, value.width, value.height].join(" ");
  if (value instanceof SVGTransformList) {
    return [...value].map((item) => numbersOf(item.matrix)).join(" ");
  }
  if (value instanceof SVGLengthList) return [...value].map(text).join(" ");
  if (value instanceof SVGNumberList) return [...value].map((item) => item.value).join(" ");
  return null;
}

// Motion along a path is in no list, but in where the element stands.
/** @param {any} element */
function ownTransform(element) {
  const around = element.parentNode.getCTM?.();
  const here = element.getCTM?.();
  return around && here ? numbersOf(around.inverse().multiply(here)) : null;
}

/**
 * @param {Live} live
 * @param {XMLDocument} file
 * @param {number} passedS
 */
function bake({ root, all, moved }, file, passedS) {
  root.pauseAnimations();
  root.setCurrentTime(passedS);
  /** @type {any[]} */
  const copies = [file.documentElement, ...file.documentElement.querySelectorAll("*")];
  for (const [number, names] of moved) {
    for (const name of names) {
      const value = animated(all[number], name);
      if (value !== null) copies[number].setAttribute(name, value);
      else copies[number].style.setProperty(name, lookOf(all[number])[name]);
      if (name === "transform") copies[number].style.setProperty("transform-origin", "0 0");
    }
  }
  for (const element of file.querySelectorAll(SMIL)) element.remove();
}

// ---- CSS at a time ---------------------------------------------------------------------------------
/** @type {(element: Element) => Record<string, any>} */
const lookOf = (element) => getComputedStyle(element);

/**
 * @param {CSSStyleDeclaration} style
 * @param {number} passedS
 */
function delay(style, passedS) {
  const delays = style.animationDelay;
  if (delays === "") return;
  const now = delays.split(", ").map((item) => `calc(${item} - ${passedS}s)`);
  const priority = style.getPropertyPriority("animation-delay");
  style.setProperty("animation-delay", now.join(", "), priority);
  style.setProperty("animation-play-state", "paused", "important");
}

/**
 * @param {Iterable<any>} rules
 * @param {number} passedS
 */
function delayRules(rules, passedS) {
  for (const rule of rules) {
    if (rule instanceof CSSKeyframesRule) continue;
    if (rule.style) delay(rule.style, passedS);
    if (rule.cssRules) delayRules(rule.cssRules, passedS);
  }
}

/**
 * @param {string} url
 * @param {string} source
 * @param {number} passedS
 */
function at(url, source, passedS) {
  const file = parse(source);
  if (file.querySelector(SMIL)) bake(liveOf(url, source), file, passedS);
  for (const element of file.querySelectorAll("style")) {
    if (!element.textContent.includes("animation")) continue;
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(element.textContent);
    delayRules(sheet.cssRules, passedS);
    const rules = [...sheet.cssRules].map((rule) => rule.cssText).join("\n");
    // First, for rules that name an animation and leave its delay to others.
    element.textContent =
      `:where(*) { animation-delay: ${-passedS}s }\n${rules}\n` +
      "* { animation-play-state: paused !important }";
  }
  /** @type {NodeListOf<SVGElement>} */
  const styled = file.querySelectorAll('[style*="animation"]');
  for (const element of styled) {
    delay(element.style, passedS);
  }
  return new XMLSerializer().serializeToString(file);
}

export { at };
