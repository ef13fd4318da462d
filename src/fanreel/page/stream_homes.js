// Where a video's picture is shown in a preview: a browser that nobody drives hands over no shadow
// tree, so the canvas plays in the video itself, as a stream without an end.
//
//   streamHome(video)   {replaceChildren(canvas)}: as much of an element as media.js asks of a home

import { real } from "./real.js";

const { set: setSource } = real.mediaSource;

/** @param {HTMLVideoElement} video */
export function streamHome(video) {
  /** @type {HTMLCanvasElement | null} */
  let shown = null;
  return {
    /** @param {HTMLCanvasElement} canvas */
    replaceChildren(canvas) {
      if (canvas === shown) return;
      shown = canvas;
      setSource.call(video, canvas.captureStream());
      real.mediaPlay.call(video).catch(() => {}); // it has moved on to another picture
    },
  };
}
