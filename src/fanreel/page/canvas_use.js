// What scripts have used canvases for.
//
//   usesWebgl          a WebGL or WebGPU context was asked for
//   noteWebgl()        one was made in a way that is not seen here
//   lacksGpu           WebGPU was asked for, which this browser offers no adapter for
//   isBlank(canvas)    no context was asked for yet
//   tookElements()     whether scripts have drawn elements on canvases since it was asked

const drawn = new WeakSet();
const forGpu = new WeakSet();
export let usesWebgl = false;
export let lacksGpu = false;
let drewElements = false;

export function noteWebgl() {
  usesWebgl = true;
}

/** @param {HTMLCanvasElement} canvas */
export const isBlank = (canvas) => !drawn.has(canvas) && (lacksGpu || !forGpu.has(canvas));

export function tookElements() {
  const drew = drewElements;
  drewElements = false;
  return drew;
}

if (globalThis.GPU) {
  const { requestAdapter } = GPU.prototype;
  GPU.prototype.requestAdapter = async function requestAdapterNoted(...args) {
    const adapter = await requestAdapter.apply(this, args);
    lacksGpu ||= adapter === null;
    return adapter;
  };
}

/** @param {any} prototype */
function watchContexts(prototype) {
  const { getContext } = prototype;
  /**
   * @this {HTMLCanvasElement | OffscreenCanvas}
   * @param {string} type
   * @param {unknown[]} rest
   */
  prototype.getContext = function getContextNoted(type, ...rest) {
    (type === "webgpu" ? forGpu : drawn).add(this);
    if (/^(experimental-)?webg/.test(type)) usesWebgl = true;
    return getContext.call(this, type, ...rest);
  };
}
// What it draws is the element as the browser has painted it last.
/**
 * @param {any} prototype
 * @param {string} name
 */
function watchElementDrawing(prototype, name) {
  const native = prototype?.[name];
  if (!native) return;
  /**
   * @this {unknown}
   * @param {unknown[]} args
   */
  prototype[name] = function drawNoted(...args) {
    drewElements = true;
    return native.apply(this, args);
  };
}
watchElementDrawing(globalThis.CanvasRenderingContext2D?.prototype, "drawElementImage");
watchElementDrawing(globalThis.WebGLRenderingContext?.prototype, "texElementImage2D");
watchElementDrawing(globalThis.WebGL2RenderingContext?.prototype, "texElementImage2D");
watchElementDrawing(globalThis.GPUQueue?.prototype, "copyElementImageToTexture");

watchContexts(HTMLCanvasElement.prototype);
watchContexts(OffscreenCanvas.prototype);
const { transferControlToOffscreen } = HTMLCanvasElement.prototype;
HTMLCanvasElement.prototype.transferControlToOffscreen = function transferred() {
  drawn.add(this);
  return transferControlToOffscreen.call(this);
};
