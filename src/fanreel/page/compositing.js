// Scenes that a library blends by itself: shader transitions, in the last step of a frame.
//
//   F.compositing.seek()   undefined, or a promise while a transition is being drawn
//
// @hyperframes/shader-transitions wraps __hf.seek() where a renderer asks for it by
// __HF_PAGE_SIDE_COMPOSITING__. In a transition it then puts copies of both scenes into canvases, and
// once the browser has painted those, draws them with its shader (its published types,
// "engineModePageComposite"). Our own __hf.seek() has nothing to do: timelines have been moved.
(() => {
  const F = globalThis.__fanreel;
  const { clock, real } = F;
  const page = globalThis;
  if (F.root !== F) return;

  page.__HF_PAGE_SIDE_COMPOSITING__ ??= true;
  page.__hf ??= {};
  const still = () => {};
  page.__hf.seek ??= still;

  // A frame callback comes before its frame is painted, the next one's after it.
  const painted = () =>
    new Promise((resolve) => {
      real.requestAnimationFrame(() => real.requestAnimationFrame(resolve));
    });

  async function blend() {
    await page.__hf_page_composite_prepare?.();
    await painted();
    await page.__hf_page_composite_resolve?.();
  }

  function seek() {
    if (page.__hf?.seek === still || typeof page.__hf?.seek !== "function") return undefined;
    page.__hf.seek(clock.now / 1000);
    return page.__hf_page_composite_pending ? blend() : undefined;
  }

  F.compositing = { seek };
})();
