// Scenes that a library blends by itself: shader transitions, in the last step of a frame.
//
//   seek()                 undefined, or a promise while a transition is being drawn
//
// @hyperframes/shader-transitions wraps __hf.seek() where a renderer asks for it by
// __HF_PAGE_SIDE_COMPOSITING__. In a transition it then puts copies of both scenes into canvases, and
// once the browser has painted those, draws them with its shader (its published types,
// "engineModePageComposite"). Copies of videos and canvases get their pictures from here. Our own
// __hf.seek() has nothing to do: timelines have been moved.

import { clock } from "./clock.js";
import * as media from "./media.js";
import { real } from "./real.js";
import { isRoot } from "./realm.js";

/** @type {Record<string, any>} */
const page = globalThis;
const still = () => {};
if (isRoot) {
  page.__HF_PAGE_SIDE_COMPOSITING__ ??= true;
  page.__hf ??= {};
  page.__hf.seek ??= still;
}

// A frame callback comes before its frame is painted, the next one's after it.
const painted = () =>
  new Promise((resolve) => {
    real.requestAnimationFrame(() => real.requestAnimationFrame(resolve));
  });

// ---- what copies leave out ------------------------------------------------------------------------
// A copied canvas is empty, and a copied video has no picture: it is none of its attributes.
function fillCopies() {
  const filled = [];
  for (const staging of document.querySelectorAll("canvas[layoutsubtree]")) {
    const copy = /** @type {HTMLElement | null} */ (staging.firstElementChild);
    // In the frame in which a scene's clip ends it is blended still, where the library says so.
    if (!copy) continue;
    if (copy.style.visibility === "visible") copy.removeAttribute("data-fanreel-hidden");
    const scene = copy.id ? originalOf(copy, staging) : undefined;
    if (!scene) continue;
    const drawn = scene.querySelectorAll("video, canvas");
    for (const [at, element] of copy.querySelectorAll("video, canvas").entries()) {
      if (drawn[at]) filled.push(standIn(drawn[at], element));
    }
  }
  return Promise.all(filled);
}

/**
 * @param {Element} copy
 * @param {Element} staging
 */
const originalOf = (copy, staging) =>
  [...document.querySelectorAll(`#${CSS.escape(copy.id)}`)].find(
    (element) => element.localName === copy.localName && !staging.contains(element),
  );

// An image: a canvas within a canvas is painted in another size.
/**
 * @param {Element} original
 * @param {Element} copy
 */
async function standIn(original, copy) {
  const isVideo = original.localName === "video";
  const picture = isVideo ? media.pictureOf(original) : original;
  if (!picture?.width || !picture.height) return;
  const image = new Image();
  image.decoding = "sync";
  image.src = picture.toDataURL();
  await image.decode();
  const style = getComputedStyle(copy);
  for (const name of style) image.style.setProperty(name, style.getPropertyValue(name));
  copy.replaceWith(image);
}

// ---- a frame ----------------------------------------------------------------------------------------
async function blend() {
  await page.__hf_page_composite_prepare?.();
  await fillCopies();
  await painted();
  await page.__hf_page_composite_resolve?.();
}

function seek() {
  if (!isRoot || page.__hf?.seek === still || typeof page.__hf?.seek !== "function")
    return undefined;
  page.__hf.seek(clock.now / 1000);
  return page.__hf_page_composite_pending ? blend() : undefined;
}

export { seek };
