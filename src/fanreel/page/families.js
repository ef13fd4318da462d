// Faces for families that the page names and brings no font for; Python decides which (fonts/).
//
//   config.fonts         {faces: [[family, style, weight, stretch, range, id]], files: {id: base64},
//                        url, generics: [names], prefix, unnamed}; *url* and an id make a face's
//                        address, *unnamed* is the family of texts that name none, if it is not named
//   F.families.generics  Set of generic names, in lower case
//   F.families.plain(list)     a list of families as the author wrote it, without names of ours
//   F.families.report()        a promise for {asked: [[family]], brought: [family], used: [id]}
//
// Faces with a file are there before the page's first script, which may measure text; the others are
// loaded like any web font when a text asks for them. They belong to the document, and with it to its
// shadow trees and canvases; frames get their own.
(() => {
  const F = globalThis.__fanreel;
  const { faces = [], files = {}, url, generics = [], prefix, unnamed } = F.config.fonts ?? {};
  const { add, load } = FontFaceSet.prototype;
  const names = new Set(generics);
  const ours = new Map(); // FontFace -> id
  const drawn = new Map(); // font of a canvas -> its characters
  const buffers = new Map();

  function bufferOf(id) {
    if (!buffers.has(id)) {
      buffers.set(id, Uint8Array.from(atob(files[id]), (sign) => sign.charCodeAt(0)).buffer);
    }
    return buffers.get(id);
  }

  function offer([family, style, weight, stretch, unicodeRange, id]) {
    const source = id in files ? bufferOf(id) : `url("${url}${id}") format("woff2")`;
    const descriptors = { style, weight, stretch, unicodeRange, display: "block" };
    const face = new FontFace(family, source, descriptors);
    ours.set(face, id);
    add.call(document.fonts, face);
  }
  for (const face of faces) offer(face);
  buffers.clear();

  // ---- names ---------------------------------------------------------------------------------------
  const unquoted = (family) => family.replace(/^(["'])(.*)\1$/s, "$2");

  const isOurs = (family) => family.startsWith(prefix) && names.has(family.slice(prefix.length));

  const plain = (families) =>
    families.length === 1 && families[0] === unnamed
      ? []
      : families.filter((family) => !isOurs(family.toLowerCase()));

  // ---- canvases ------------------------------------------------------------------------------------
  // What is drawn on a canvas is no element's text, and has to be heard of when it is drawn.
  function listen(prototype) {
    for (const name of ["fillText", "strokeText", "measureText"]) {
      const draw = prototype[name];
      prototype[name] = function textNoted(...args) {
        note(this.font, String(args[0]));
        return draw.apply(this, args);
      };
    }
  }

  function note(font, text) {
    const known = drawn.get(font) ?? new Set();
    drawn.set(font, known);
    for (const sign of text) known.add(sign);
  }
  for (const kind of ["CanvasRenderingContext2D", "OffscreenCanvasRenderingContext2D"]) {
    if (globalThis[kind]) listen(globalThis[kind].prototype);
  }

  const probe = document.createElement("i").style;
  function familiesOf(font) {
    probe.font = font;
    return F.fonts.split(probe.fontFamily);
  }

  // ---- what Python asks ----------------------------------------------------------------------------
  const brought = () =>
    [...document.fonts].filter((face) => !ours.has(face)).map(({ family }) => unquoted(family));

  async function usedBy(font, characters) {
    const found = await load.call(document.fonts, font, characters).catch(() => []);
    return found.map((face) => ours.get(face)).filter((id) => id !== undefined);
  }

  async function report() {
    const kinds = F.fonts.list().map(({ values, known, families }) => ({
      font: `${values[2]} ${values[1]} 16px ${values[0]}`,
      families,
      known,
    }));
    for (const [font, known] of drawn) {
      kinds.push({ font: F.generics.font(font), families: familiesOf(font), known });
    }
    const used = await Promise.all(
      ours.size === 0 ? [] : kinds.map(({ font, known }) => usedBy(font, [...known].join(""))),
    );
    return {
      asked: kinds.map(({ families }) => families),
      brought: brought(),
      used: [...new Set(used.flat())],
    };
  }

  F.families = { generics: names, prefix, plain, report };
})();
