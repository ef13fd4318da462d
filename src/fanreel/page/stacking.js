// The clips of the page's own composition lie one above the other.
//
// What has a data-start and stands directly below the root leaves the flow when the page has been
// parsed, so that one scene does not push the next out of the frame; what a style has placed, and
// what a script adds later, stays (heygen-com/hyperframes, pull requests 1702 and 3893). A composition
// written inline is as large as its data-width and data-height then say.
(() => {
  const F = globalThis.__fanreel;
  const { timing } = F;
  if (F.root !== F) return;

  function stack() {
    const clips = timing.rootElement()?.querySelectorAll(`:scope > ${timing.TIMED}`) ?? [];
    for (const clip of clips) {
      const { position } = getComputedStyle(clip);
      if (position === "absolute" || position === "fixed") continue;
      clip.style.position = "absolute";
      if (clip.matches(timing.COMPOSITION)) size(clip);
    }
  }

  function size(composition) {
    for (const name of ["width", "height"]) {
      const pixels = Number.parseFloat(composition.getAttribute(`data-${name}`));
      if (pixels > 0 && composition.style[name] === "") composition.style[name] = `${pixels}px`;
    }
  }

  if (document.readyState !== "loading") stack();
  else document.addEventListener("DOMContentLoaded", stack, { once: true });
})();
