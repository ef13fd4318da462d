// The browser's own functions, kept before anything is replaced; everything of ours uses only these.

/**
 * One that every browser we drive has: it is an accessor, as its standard says.
 * @template T
 * @template {keyof T} Name
 * @param {T} prototype
 * @param {Name} name
 * @returns {import("./types.d.ts").Accessor<T[Name]>}
 */
export const accessor = (prototype, name) =>
  /** @type {any} */ (Object.getOwnPropertyDescriptor(prototype, name));

const originals = () => ({
  Date,
  setTimeout: setTimeout.bind(globalThis),
  clearTimeout: clearTimeout.bind(globalThis),
  setInterval: setInterval.bind(globalThis),
  clearInterval: clearInterval.bind(globalThis),
  requestAnimationFrame: requestAnimationFrame.bind(globalThis),
  cancelAnimationFrame: cancelAnimationFrame.bind(globalThis),
  now: performance.now.bind(performance),
  random: Math.random,
  fetch: fetch.bind(globalThis),
  MessageChannel,
  postMessage: MessagePort.prototype.postMessage,
  getRandomValues: crypto.getRandomValues.bind(crypto),
  attachShadow: Element.prototype.attachShadow,
  getAnimations: Document.prototype.getAnimations,
  mediaCurrentTime: accessor(HTMLMediaElement.prototype, "currentTime"),
  mediaSource: accessor(HTMLMediaElement.prototype, "srcObject"),
  mediaPlay: HTMLMediaElement.prototype.play,
});

// A frame's first empty document hands its window to the next one: then the originals are those
// kept the first time.
/** @type {ReturnType<typeof originals>} */
export const real = globalThis.__fanreel?.real ?? originals();
