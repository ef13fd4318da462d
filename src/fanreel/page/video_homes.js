// A place for a video's picture: inside the video, where Chromium keeps its captions.
//
//   await findHomes(items)   gives each {element} its *home*
//   homeless()               videos that wait for `adopt`
//   adopt(element, root)     gives a video's own shadow root; called by capture/shadow_roots.py
//   INHERIT                  styles of the video that hold for the picture too

import { nameOf } from "./naming.js";
import { real } from "./real.js";
import { config } from "./realm.js";
import { streamHome } from "./stream_homes.js";

const ADOPT_TIMEOUT_MS = 15_000;
export const INHERIT = "object-fit: inherit; object-position: inherit; image-rendering: inherit";
const unplaced = new Map(); // video -> function that ends the wait

export const homeless = () => [...unplaced.keys()];

/** @param {HTMLVideoElement} element */
async function settle(element) {
  // Those of the page would be drawn there by the browser's clock, over the picture.
  for (const own of element.textTracks) own.mode = "disabled";
  // Captions that are on make Chromium build the container; off again, it stays.
  const track = element.addTextTrack("captions");
  track.mode = "showing";
  const adopted = new Promise((resolve) => {
    unplaced.set(element, resolve);
  });
  track.mode = "disabled";
  return adopted;
}

/**
 * @param {HTMLVideoElement} element
 * @param {ShadowRoot} root
 */
export function adopt(element, root) {
  /** @type {HTMLElement | null} */
  const container = root.querySelector('[pseudo="-webkit-media-text-track-container"]');
  if (!container) return; // findHomes() says so, in time
  container.style.cssText += `; ${INHERIT}`;
  unplaced.get(element)?.(container);
  unplaced.delete(element);
}

/** @param {{element: HTMLVideoElement, home: Pick<Element, "replaceChildren">}[]} videos */
export async function findHomes(videos) {
  if (config.preview) {
    for (const item of videos) item.home = streamHome(item.element);
    return;
  }
  const placed = videos.map(async (item) => {
    item.home = await settle(item.element);
  });
  if (!globalThis.__fanreelAdopt) {
    throw new Error("this browser was not told to hand over shadow roots");
  }
  globalThis.__fanreelAdopt("");
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = real.setTimeout(() => {
      const names = [...unplaced.keys()].map(nameOf).join(", ");
      reject(new Error(`no place for the picture of ${names}`));
    }, ADOPT_TIMEOUT_MS);
  });
  await Promise.race([Promise.all(placed), late]);
  real.clearTimeout(timer);
}
