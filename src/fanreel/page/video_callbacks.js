// requestVideoFrameCallback: a video's callbacks run with its next picture.

import { clock } from "./clock.js";
import { report } from "./realm.js";

let handles = 0;
/** @type {WeakMap<HTMLVideoElement, Map<number, VideoFrameRequestCallback>>} */
const asked = new WeakMap();

HTMLVideoElement.prototype.requestVideoFrameCallback = function requestFrame(callback) {
  handles += 1;
  asked.set(this, (asked.get(this) ?? new Map()).set(handles, callback));
  return handles;
};
HTMLVideoElement.prototype.cancelVideoFrameCallback = function cancelFrame(handle) {
  asked.get(this)?.delete(handle);
};

/** @param {{element: HTMLVideoElement}} item */
export function runCallbacks({ element }) {
  const callbacks = [...(asked.get(element)?.values() ?? [])];
  asked.get(element)?.clear();
  const { now } = clock;
  const facts = { presentationTime: now, expectedDisplayTime: now, presentedFrames: 1 };
  const { videoWidth: width, videoHeight: height, currentTime: mediaTime } = element;
  for (const callback of callbacks) {
    try {
      callback(now, { ...facts, width, height, mediaTime });
    } catch (error) {
      report(error);
    }
  }
}
