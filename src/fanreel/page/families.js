// Faces for families that the page names and brings no font for; Python decides which (fonts/).
//
//   config.fonts         {faces: [[family, style, weight, stretch, range, id]], files: {id: base64},
//                        url, generics: [names], prefix, unnamed}; *url* and an id make a face's
//                        address, *unnamed* is the family of texts that name none, if it is not named
//   generics             Set of generic names, in lower case
//   plain(list)          a list of families as the author wrote it, without names of ours
//   ours, drawn          the faces with their ids; fonts of canvases with what is written in them
//
// Faces with a file are there before the page's first script, which may measure text; the others are
// loaded like any web font when a text asks for them. They belong to the document, and with it to its
// shadow trees and canvases; frames get their own.

import { config } from "./realm.js";

const { faces = [], files = {}, url, prefix, unnamed } = config.fonts ?? {};
const { add } = FontFaceSet.prototype;
/** @type {Set<string>} */
const names = new Set(config.fonts?.generics);
/** @type {Map<FontFace, string>} */
const ours = new Map(); // with their ids
/** @type {Map<string, Set<string>>} */
const drawn = new Map(); // font of a canvas -> its characters
/** @type {Map<string, ArrayBuffer>} */
const buffers = new Map();

/** @param {string} id */
function bufferOf(id) {
  const known = buffers.get(id);
  if (known) return known;
  const { buffer } = Uint8Array.from(atob(files[id]), (sign) => sign.charCodeAt(0));
  buffers.set(id, buffer);
  return buffer;
}

/** @param {string[]} face of config.fonts */
function offer([family, style, weight, stretch, unicodeRange, id]) {
  const source = id in files ? bufferOf(id) : `url("${url}${id}") format("woff2")`;
  /** @type {FontFaceDescriptors} */
  const descriptors = { style, weight, stretch, unicodeRange, display: "block" };
  const face = new FontFace(family, source, descriptors);
  ours.set(face, id);
  add.call(document.fonts, face);
}
for (const face of faces) offer(face);
buffers.clear();

// ---- names ---------------------------------------------------------------------------------------
/** @param {string} family */
const isOurs = (family) => family.startsWith(prefix) && names.has(family.slice(prefix.length));

/** @param {string[]} families */
const plain = (families) =>
  families.length === 1 && families[0] === unnamed
    ? []
    : families.filter((family) => !isOurs(family.toLowerCase()));

// ---- canvases ------------------------------------------------------------------------------------
// What is drawn on a canvas is no element's text, and has to be heard of when it is drawn.
/** @param {any} prototype */
function listen(prototype) {
  for (const name of ["fillText", "strokeText", "measureText"]) {
    const draw = prototype[name];
    /**
     * @this {CanvasRenderingContext2D}
     * @param {unknown[]} args
     */
    prototype[name] = function textNoted(...args) {
      note(this.font, String(args[0]));
      return draw.apply(this, args);
    };
  }
}

/**
 * @param {string} font
 * @param {string} text
 */
function note(font, text) {
  const known = drawn.get(font) ?? new Set();
  drawn.set(font, known);
  for (const sign of text) known.add(sign);
}
listen(CanvasRenderingContext2D.prototype);
listen(OffscreenCanvasRenderingContext2D.prototype);

export { drawn, names as generics, ours, plain, prefix };
