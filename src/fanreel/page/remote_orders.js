// What a frame does that is told the time by message, by remote_frames.js in the frame around it.

import { ready } from "./readiness.js";
import { seek } from "./seek.js";

const READY_TIMEOUT_MS = 5_000;
/** @type {ReturnType<typeof ready> | null} */
let readiness = null;

/**
 * @param {{frame: number, number: number}} order
 * @param {any} source the window that has sent it
 */
async function obey({ frame, number }, source) {
  readiness ??= ready({ timeoutMs: READY_TIMEOUT_MS });
  await readiness;
  await seek(frame);
  source.postMessage({ fanreelSought: number }, "*");
}

// Ours is the first listener, so the page never hears of it.
globalThis.addEventListener(
  "message",
  (event) => {
    const order = event.data?.fanreelSeek;
    if (order === undefined) return;
    event.stopImmediatePropagation();
    if (event.source === globalThis.parent) obey(order, event.source);
  },
  { capture: true },
);
