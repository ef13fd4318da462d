// Which fonts the page's texts ask for, and texts to ask the browser about from outside.
//
//   watch({frames, looks})     forgets what it knows; from here on texts are noted at *frames*,
//                                    and with every change of style at *looks*
//   passed(frame)              called by seek.js when the page stands at *frame*
//   describe()     [{element, families, led, generic, weight, style, declared, emoji, parts}]
//   probe([[kind, part], ...])       how many elements fonts.probes() gives now, one for each
//   lines()        [[family, weight, style]]: fonts that lines are as high as, be there a text or not
//
// One entry per kind of text: what shares a style, a weight, a list of families, a language. Each of
// its *parts* is an element that brought characters the kind had not had. *declared* is the first
// family of the list that an @font-face or FontFace provides, ours too, null when there is none; *led*:
// an alias of ours comes before them (generics.js). Emoji are kinds of their own: hardly a text font
// has them.
//
// A probe shows the characters of a kind, or of one part, in the kind's fonts, each on a line of its
// own, so that a handful of questions tells about thousands of elements, also those that are gone.

import * as animations from "./animations.js";
import { generics, plain as plainFamilies } from "./families.js";
import { nameOf } from "./naming.js";
import { real } from "./real.js";
import { realms } from "./realm.js";

/** @typedef {{element: string, characters: string[]}} Part */
/**
 * @typedef {object} Kind Texts that ask for the same fonts.
 * @property {boolean} emoji
 * @property {string[]} values Of `PROPERTIES`.
 * @property {Set<string>} known Characters.
 * @property {Part[]} parts
 * @property {typeof show} show Of the realm that it is in.
 */

const { attachShadow } = Element.prototype;
const GENERIC = new Set(
  (
    "serif sans-serif monospace cursive fantasy system-ui ui-serif ui-sans-serif ui-monospace " +
    "ui-rounded math emoji fangsong"
  ).split(" "),
);
// All that decides which face draws a character.
const PROPERTIES = [
  "font-family",
  "font-weight",
  "font-style",
  "font-stretch",
  "font-variant-caps",
  "font-variant-emoji",
  "text-transform",
  "-webkit-locale",
];
const EMOJI = /\p{Emoji_Presentation}|\ufe0f|\u20e3/u;
const INVISIBLE = /^[\p{White_Space}\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]+$/u;
const ASCII = /^[\t-~]*$/;
const SILENT = /^(script|style|template|noscript)$/;
const LOAD_TIMEOUT_MS = 5_000;
const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** @type {Map<string, Kind>} */
let kinds = new Map();
/** @type {Map<string, string[]>} */
let lineFonts = new Map();
let answered = new Set();
let noted = new WeakMap();
let stops = new Set();
let looks = new Set();
/** @type {any[]} */
let listed = [];
/** @type {HTMLElement[]} */
let spans = [];
/** @type {ShadowRoot | null} */
let tree = null; // that of the probes
/** @type {Set<ShadowRoot>} */
const shadowRoots = new Set();

/** @param {string} text */
const splitFamilies = (text) =>
  (text.match(/"(?:\\.|[^"\\])*"|[^,]+/g) ?? []).map((/** @type {string} */ name) =>
    name
      .trim()
      .replace(/^"(.*)"$/s, "$1")
      .replace(/\\(.)/g, "$1"),
  );

/** @param {string} family */
const plain = (family) => splitFamilies(family)[0].toLowerCase();

// ---- the texts ---------------------------------------------------------------------------------
/**
 * @param {Element} element
 * @returns {string}
 */
function pathOf(element) {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? `${pathOf(root.host)} ${nameOf(element)}` : nameOf(element);
}

/**
 * @param {any} node
 * @returns {Element | null}
 */
const parentOf = (node) => node.parentElement ?? node.getRootNode().host ?? null;

// Clips that are hidden at this time count: what they show is laid out.
/** @type {(element: Element | null) => boolean} */
const isLaidOut = (element) =>
  element !== null &&
  (element.checkVisibility() ||
    (getComputedStyle(element).display === "contents" && isLaidOut(parentOf(element))));

/** @param {string} text */
function charactersOf(text) {
  const parts = ASCII.test(text)
    ? text
    : Array.from(segmenter.segment(text), ({ segment }) => segment);
  return [...new Set(parts)].filter((character) => !INVISIBLE.test(character));
}

/**
 * @param {Element} element
 * @param {CSSStyleDeclaration} style
 * @param {string} text
 */
function add(element, style, text) {
  const values = PROPERTIES.map((name) => style.getPropertyValue(name));
  const about = `${values.join("|")}\n${text}`;
  if (answered.has(about)) return;
  answered.add(about);
  const characters = charactersOf(text);
  addTo(
    false,
    element,
    values,
    characters.filter((one) => !EMOJI.test(one)),
  );
  addTo(
    true,
    element,
    values,
    characters.filter((one) => EMOJI.test(one)),
  );
}

/**
 * @param {boolean} emoji
 * @param {Element} element
 * @param {string[]} values
 * @param {string[]} characters
 */
function addTo(emoji, element, values, characters) {
  if (characters.length === 0) return;
  const key = `${emoji} ${values.join("|")}`;
  const kind = kinds.get(key) ?? { emoji, values, known: new Set(), parts: [], show };
  kinds.set(key, kind);
  if (characters.every((one) => kind.known.has(one))) return;
  for (const one of characters) kind.known.add(one);
  kind.parts.push({ element: pathOf(element), characters });
}

/** @param {any} node */
function noteText(node) {
  const element = parentOf(node);
  if (!/\S/.test(node.data) || !element || SILENT.test(element.localName)) return;
  if (!isLaidOut(element)) return;
  noted.set(node, node.data);
  add(element, getComputedStyle(element), node.data);
}

// A line is at least as high as the font of the block it stands in, and so is each inline box in it,
// also where all letters are drawn in another: the first face of the list that has a space.
/** @param {Element} element */
function noteLine(element) {
  if (!isLaidOut(element)) return;
  const style = getComputedStyle(element);
  const values = ["font-family", "font-weight", "font-style"].map((name) =>
    style.getPropertyValue(name),
  );
  lineFonts.set(values.join("|"), values);
}

/** @param {Element} element */
function noteGenerated(element) {
  if (element.shadowRoot) shadowRoots.add(element.shadowRoot);
  for (const pseudo of ["::before", "::after"]) {
    const style = getComputedStyle(element, pseudo);
    if (!/^["']/.test(style.content) || !isLaidOut(element)) continue;
    add(element, style, splitFamilies(style.content).join(""));
  }
}

// What has not changed since it was noted is passed over, unless its style is to be seen too.
/**
 * @param {Element | ShadowRoot} root
 * @param {boolean} thorough
 */
function noteBelow(root, thorough) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (thorough || noted.get(node) !== node.nodeValue) noteText(node);
  }
  if (!thorough) return;
  for (const element of root.querySelectorAll("*")) {
    noteLine(element);
    noteGenerated(element);
  }
}

/** @param {boolean} thorough */
function note(thorough) {
  if (!document.body) return;
  if (thorough) noteLine(document.body);
  noteBelow(document.body, thorough);
  for (const root of animations.shadowRoots()) shadowRoots.add(root);
  for (const root of shadowRoots) {
    if (root.host.isConnected && root !== tree) noteBelow(root, thorough);
  }
}

/** @param {{looks: number[], frames: number[]}} where */
function watch(where) {
  looks = new Set(where.looks);
  stops = new Set([...where.frames, ...looks]);
  for (const realm of realms()) realm.fonts.forget();
}

function forget() {
  kinds = new Map();
  lineFonts = new Map();
  answered = new Set();
  noted = new WeakMap();
}

/** @param {number} frame */
function passed(frame) {
  if (!stops.has(frame)) return;
  for (const realm of realms()) realm.fonts.note(looks.has(frame));
}

// ---- asking --------------------------------------------------------------------------------------
function list() {
  const brought = new Set([...document.fonts].map(({ family }) => plain(family)));
  return [...kinds.values()].map((kind) => {
    const written = splitFamilies(kind.values[0]);
    const named = plainFamilies(written);
    return {
      ...kind,
      families: named,
      led: named.length > 0 && named.length < written.length,
      declared: named.find((one) => brought.has(one.toLowerCase())) ?? null,
    };
  });
}

function describe() {
  for (const realm of realms()) realm.fonts.note(true);
  listed = [...realms()].flatMap((realm) => realm.fonts.list());
  return listed.map(({ emoji, values, parts, families, led, declared }) => ({
    element: parts[0].element,
    families,
    led,
    generic: families.filter(
      (/** @type {string} */ name) => GENERIC.has(name) || generics.has(name.toLowerCase()),
    ),
    weight: values[1],
    style: values[2],
    declared,
    emoji,
    parts: parts.map((/** @type {Part} */ part) => part.element),
  }));
}

// In a tree of its own, where no style of the page reaches it.
/**
 * @param {string[]} values
 * @param {string[]} characters
 */
function show(values, characters) {
  if (tree === null) {
    const host = document.createElement("div");
    host.style.cssText = "all: initial !important; position: fixed !important";
    host.style.setProperty("visibility", "hidden", "important");
    tree = attachShadow.call(host, { mode: "open" });
    document.documentElement.append(host);
  }
  const span = document.createElement("span");
  PROPERTIES.forEach((name, index) => {
    span.style.setProperty(name, values[index]);
  });
  span.style.display = "block";
  span.style.whiteSpace = "pre";
  // A line each: spaces between would be drawn too, and signs that join would hide others.
  span.textContent = characters.join("\n");
  tree.append(span);
  return span;
}

function clear() {
  tree?.host.remove();
  tree = null;
}

// Characters that no text has shown yet may need another file of their font.
async function loaded() {
  tree?.host.getBoundingClientRect();
  await document.fonts.ready;
}

/** @param {[number: number, part: number | null][]} asked */
async function probe(asked) {
  for (const realm of realms()) realm.fonts.clear();
  spans = asked.map(([number, part]) => {
    const kind = listed[number];
    const characters = part === null ? [...kind.known] : kind.parts[part].characters;
    return kind.show(kind.values, characters);
  });
  const late = new Promise((resolve) => real.setTimeout(resolve, LOAD_TIMEOUT_MS));
  await Promise.race([late, Promise.all([...realms()].map((realm) => realm.fonts.loaded()))]);
  return spans.length;
}

const probes = () => spans;
const lines = () => [...lineFonts.values()];

export {
  clear,
  describe,
  forget,
  lines,
  list,
  loaded,
  note,
  passed,
  probe,
  probes,
  splitFamilies as split,
  watch,
};
