// The clips of the page's own composition lie one above the other.
//
// What has a data-start and stands directly below the root leaves the flow when the page has been
// parsed, so that one scene does not push the next out of the frame; what a style has placed, and
// what a script adds later, stays (heygen-com/hyperframes, pull requests 1702 and 3893).
(() => {
  const F = globalThis.__fanreel;
  const { timing } = F;
  if (F.root !== F) return;

  function stack() {
    const clips = timing.rootElement()?.querySelectorAll(`:scope > ${timing.TIMED}`) ?? [];
    for (const clip of clips) {
      const { position } = getComputedStyle(clip);
      if (position !== "absolute" && position !== "fixed") clip.style.position = "absolute";
    }
  }

  if (document.readyState !== "loading") stack();
  else document.addEventListener("DOMContentLoaded", stack, { once: true });
})();
