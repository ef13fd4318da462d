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
const waiting = new Map(); // serial -> resolve
const silent = new WeakSet();
let serial = 0;

function isRemote({ contentWindow }) {
  if (contentWindow === null) return false;
  try {
    return contentWindow.document === null;
  } catch {
    return true; // of another origin
  }
}

function ask(element, frame) {
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
  element.contentWindow.postMessage({ fanreelSeek: { frame, number } }, "*");
  return answered;
}

function seek(frame) {
  const asked = [];
  for (const realm of realms()) {
    for (const element of realm.document.getElementsByTagName("iframe")) {
      if (!silent.has(element) && isRemote(element)) asked.push(ask(element, frame));
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
