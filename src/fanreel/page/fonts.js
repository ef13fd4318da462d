// Which fonts the document's texts ask for.
//
//   F.fonts.describe()   [{key, element, families, weight, style, declared, loaded, sample}]
//
// One entry per kind of text. Its first element carries data-fanreel-font="key", so that which face
// was really used can be asked of the browser from outside. *declared* is the first family of the
// list that an @font-face or FontFace provides, null when there is none; *loaded* says whether it is
// there for these very characters.
(() => {
  const F = globalThis.__fanreel;
  const SAMPLE_LENGTH = 200;
  const GENERIC = new Set(
    (
      "serif sans-serif monospace cursive fantasy system-ui ui-serif ui-sans-serif ui-monospace " +
      "ui-rounded math emoji fangsong"
    ).split(" "),
  );

  const splitFamilies = (text) =>
    (text.match(/"(?:\\.|[^"\\])*"|[^,]+/g) ?? []).map((name) =>
      name
        .trim()
        .replace(/^"(.*)"$/s, "$1")
        .replace(/\\(.)/g, "$1"),
    );

  function collect() {
    const kinds = new Map();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (node.data.trim() === "" || /^(script|style|noscript|template)$/.test(element.localName))
        continue;
      const { fontFamily, fontWeight, fontStyle, display } = getComputedStyle(element);
      if (display === "none") continue;
      const key = `${fontStyle} ${fontWeight} ${fontFamily}`;
      if (!kinds.has(key)) kinds.set(key, { element, fontFamily, fontWeight, fontStyle, text: "" });
      kinds.get(key).text += node.data;
    }
    return kinds.values();
  }

  function describe() {
    if (!document.body) return [];
    const declared = new Set([...document.fonts].map((face) => splitFamilies(face.family)[0]));
    return [...collect()].map(({ element, fontFamily, fontWeight, fontStyle, text }, index) => {
      const key = `f${index}`;
      element.setAttribute("data-fanreel-font", key);
      const families = splitFamilies(fontFamily);
      const first = families.find((name) => declared.has(name)) ?? null;
      const sample = [...new Set(text)]
        .filter((char) => char.trim())
        .join("")
        .slice(0, SAMPLE_LENGTH);
      const font = `${fontStyle} ${fontWeight} 16px ${JSON.stringify(first)}`;
      return {
        key,
        element: F.nameOf(element),
        families,
        generic: families.filter((name) => GENERIC.has(name)),
        weight: fontWeight,
        style: fontStyle,
        declared: first,
        loaded: first !== null && document.fonts.check(font, sample),
        sample,
      };
    });
  }

  F.fonts = { describe };
})();
