// Pictures of HDR videos, which no 8-bit screen can show: as layers, one at a time.
//
//   keep(item, header, body, start)   takes a picture in place of the item's last
//   paint(item, layer)   paints "black", "white", "high" or "low" on the item's canvas
//   pictureOf(item)      a canvas with the picture as scripts get it
//
// The layers are captured one after the other and put together by encode/hdr.py, so what is painted
// is numbers, not colours. A script that draws the video gets Chromium's own rendition in SDR: it
// draws once a frame, not once a layer, and what it makes of the picture need not be linear.

/**
 * @typedef {object} Layers
 * @property {any} header Of the picture, as media/serving.py writes it.
 * @property {ArrayBuffer} body
 * @property {number} start Of the layers in *body*.
 * @property {HTMLCanvasElement | null} forScripts
 */
/** @typedef {{canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, layers: Layers}} Item */

const { VideoFrame } = globalThis;
const getContext = HTMLCanvasElement.prototype.getContext;
/** @type {VideoColorSpaceInit} */
const NUMBERS = { matrix: "rgb", primaries: "bt709", transfer: "iec61966-2-1", fullRange: true };
const ORDER = ["high", "low"];

/**
 * @param {{layers?: Layers}} item
 * @param {any} header
 * @param {ArrayBuffer} body
 * @param {number} start
 */
function keep(item, header, body, start) {
  item.layers = { header, body, start, forScripts: null };
}

// Copied, as one layer's bytes may be drawn again for a script.
/**
 * @param {CanvasRenderingContext2D} context
 * @param {Layers} layers
 * @param {string} layer
 * @param {VideoColorSpaceInit} colorSpace
 */
function drawLayer(context, { header, body, start }, layer, colorSpace) {
  const { width, height, displayWidth, displayHeight, format } = header;
  const size = width * height * 4;
  const bytes = new Uint8Array(body, start + ORDER.indexOf(layer) * size, size);
  const frame = new VideoFrame(bytes, {
    format,
    codedWidth: width,
    codedHeight: height,
    timestamp: 0,
    colorSpace,
  });
  context.drawImage(frame, 0, 0, displayWidth, displayHeight);
  frame.close();
}

/**
 * @param {Item} item
 * @param {string} layer
 */
function paint({ canvas, context, layers }, layer) {
  if (ORDER.includes(layer)) {
    drawLayer(context, layers, layer, NUMBERS);
    return;
  }
  context.fillStyle = layer;
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/** @param {{layers: Layers}} item */
function pictureOf({ layers }) {
  if (!layers.forScripts) {
    const { header } = layers;
    const canvas = document.createElement("canvas");
    canvas.width = header.displayWidth;
    canvas.height = header.displayHeight;
    const context = /** @type {CanvasRenderingContext2D} */ (
      getContext.call(canvas, "2d", { alpha: false })
    );
    drawLayer(context, layers, "high", header.colorSpace);
    layers.forScripts = canvas;
  }
  return layers.forScripts;
}

export { keep, paint, pictureOf };
