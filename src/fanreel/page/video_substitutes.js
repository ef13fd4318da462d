// Scripts that draw a video get its picture from media.js: on canvases, in WebGL, as a VideoFrame.

import { pictureOf } from "./media.js";

const { VideoFrame } = globalThis;

/**
 * @param {any} prototype
 * @param {string} name
 */
function substitute(prototype, name) {
  const native = prototype?.[name];
  if (!native) return;
  /** @param {any[]} args */
  prototype[name] = function substituted(...args) {
    return native.apply(this, args.map(picturesIn));
  };
}

/** @param {any} value */
function picturesIn(value) {
  if (value instanceof HTMLVideoElement) return pictureOf(value) ?? value;
  if (value?.source instanceof HTMLVideoElement) {
    return { ...value, source: pictureOf(value.source) ?? value.source };
  }
  return value;
}

/** @type {Record<string, any>} */
const page = globalThis;
for (const type of ["CanvasRenderingContext2D", "OffscreenCanvasRenderingContext2D"]) {
  for (const name of ["drawImage", "createPattern"]) {
    substitute(page[type]?.prototype, name);
  }
}
for (const type of ["WebGLRenderingContext", "WebGL2RenderingContext"]) {
  for (const name of ["texImage2D", "texSubImage2D", "texImage3D", "texSubImage3D"]) {
    substitute(page[type]?.prototype, name);
  }
}
substitute(globalThis.GPUQueue?.prototype, "copyExternalImageToTexture");
substitute(globalThis, "createImageBitmap");
if (VideoFrame) {
  globalThis.VideoFrame = new Proxy(VideoFrame, {
    construct(target, [image, init], subtype) {
      const picture = picturesIn(image);
      const given = picture === image ? init : { timestamp: image.currentTime * 1e6, ...init };
      return Reflect.construct(target, [picture, given], subtype);
    },
  });
}
