// A canvas of our own, whose pixels are written and read.
//
//   canvasOf(width, height)   [the canvas, its context]

/**
 * @param {number} width
 * @param {number} height
 * @returns {[HTMLCanvasElement, CanvasRenderingContext2D]}
 */
export function canvasOf(width, height) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return [canvas, /** @type {CanvasRenderingContext2D} */ (context)]; // none only where it has another
}
