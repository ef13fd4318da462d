// Frames that scripts cannot reach, such as sandboxed ones: they are told the time by message.
//
//   seek(frame)                  a promise for the time all of them show the frame; undefined
//                                when there are none
//
// Each runs this script too, with a clock of its own. A frame that never answers has not got it and
// is not asked again.

import { real } from "./real.js";
import { realms } from "./realm.js";

const ANSWER_TIMEOUT_MS = 5_000;
/** @type {Map<number, () => void>} */
const waiting = new Map(); // serial -> resolve
/** @type {WeakSet<HTMLIFrameElement>} */
const silent = new WeakSet();
let serial = 0;

// The window of a frame that scripts cannot reach, else null.
/** @param {HTMLIFrameElement} element */
function remoteOf({ contentWindow }) {
  try {
    return contentWindow?.document === null ? contentWindow : null;
  } catch {
    return contentWindow; // of another origin
  }
}

/**
 * @param {HTMLIFrameElement} element
 * @param {Window} remote
 * @param {number} frame
 */
function ask(element, remote, frame) {
  serial += 1;
  const number = serial;
  /** @type {Promise<void>} */
  const answered = new Promise((resolve) => {
    waiting.set(number, resolve);
    real.setTimeout(() => {
      if (waiting.delete(number)) silent.add(element);
      resolve();
    }, ANSWER_TIMEOUT_MS);
  });
  remote.postMessage({ fanreelSeek: { frame, number } }, "*");
  return answered;
}

/** @param {number} frame */
function seek(frame) {
  const asked = [];
  for (const realm of realms()) {
    for (const element of realm.document.getElementsByTagName("iframe")) {
      const remote = silent.has(element) ? null : remoteOf(element);
      if (remote) asked.push(ask(element, remote, frame));
    }
  }
  return asked.length > 0 ? Promise.all(asked) : undefined;
}

globalThis.addEventListener(
  "message",
  (event) => {
    const sought = event.data?.fanreelSought;
    if (sought === undefined) return;
    event.stopImmediatePropagation();
    waiting.get(sought)?.();
    waiting.delete(sought);
  },
  { capture: true },
);

export { seek };
