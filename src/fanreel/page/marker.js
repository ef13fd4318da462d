// Tells the capture which picture is on the screen: the shell around the composition paints the
// serial number below the frame.

/** @param {number} serial */
export function paintMarker(serial) {
  try {
    globalThis.parent.__fanreelPaint?.(serial);
  } catch {
    // No shell of ours: a page opened on its own.
  }
}
