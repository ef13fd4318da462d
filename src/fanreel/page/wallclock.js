// What browsers move by the wall clock and no script can seek: switched off.
//
// Smooth scrolling arrives at once, a text cursor does not blink, a marquee stands still.
// Animated images show their first picture; those in elements are given the others by media.js.
//
//   F.wallclock.apply()                        switches off what style can switch off
//   F.wallclock.hold(element, pseudo, image)   shows *image*'s first picture as `content`
(() => {
  const F = globalThis.__fanreel;
  const NAMES = ["scroll", "scrollTo", "scrollBy", "scrollIntoView"];

  function atOnce(options) {
    return options?.behavior === "smooth" ? { ...options, behavior: "instant" } : options;
  }

  function replaceIn(object) {
    for (const name of NAMES) {
      const scroll = object[name];
      if (typeof scroll !== "function") continue;
      object[name] = {
        [name](...args) {
          if (args.length === 1 && typeof args[0] === "object") args[0] = atOnce(args[0]);
          return scroll.apply(this, args);
        },
      }[name];
    }
  }
  replaceIn(Element.prototype);
  replaceIn(globalThis);

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    "* { scroll-behavior: auto !important; caret-color: transparent !important } " +
      "*, ::before, ::after { image-animation: stopped !important }",
  );

  function apply() {
    if (!document.adoptedStyleSheets.includes(sheet)) document.adoptedStyleSheets.push(sheet);
    for (const marquee of document.getElementsByTagName("marquee")) marquee.stop?.();
  }

  // Chromium 156 does not look at `image-animation` where `::before` is an image.
  const HELD = "data-fanreel-held";
  let held = 0;

  function hold(element, pseudo, image) {
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    canvas.getContext("2d").drawImage(image, 0, 0);
    if (!element.hasAttribute(HELD)) element.setAttribute(HELD, `h${held++}`);
    const selector = `[${HELD}="${element.getAttribute(HELD)}"]${pseudo}`;
    sheet.insertRule(`${selector} { content: url("${canvas.toDataURL()}") !important }`);
  }

  F.wallclock = { apply, hold };
})();
