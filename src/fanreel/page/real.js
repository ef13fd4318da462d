// The browser's own functions, kept before anything is replaced; everything of ours uses only these.

// A frame's first empty document hands its window to the next one: then the originals are those
// kept the first time.
export const real = globalThis.__fanreel?.real ?? {
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
  mediaCurrentTime: Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "currentTime"),
};
