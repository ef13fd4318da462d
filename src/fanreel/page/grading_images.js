// Graded pictures of `<img>`: what the element shows, and how it is made to show something else.
//
//   plain(item)                          a promise of the element's own picture as ImageData, or the
//                                        data itself where it is known; null where there is none
//   show(item, pixels)                   shows *pixels* in the element; a promise
//   restore(item)                        shows the element's own picture again; a promise
//
// The picture is put into `srcset`, so the image stays the browser's own: laid out, cut, rounded,
// moved, blended and filtered with everything its style says. item: {element, ...}, kept by grading.js.

/**
 * @typedef {object} Item Kept by grading.js, which holds more of it.
 * @property {HTMLImageElement} element
 * @property {string | null} [url] Of the picture that is shown in its place.
 * @property {string | null} [written] Its `src` when its own picture was read.
 * @property {string | null} [srcset] Its own.
 * @property {ImageData | null} [pixels] Its own picture.
 * @property {number} [density] Pixels of it to one of the page.
 */

import { canvasOf } from "./canvas_2d.js";

const HEADER_BYTES = 14 + 108;

// ---- the element's own picture --------------------------------------------------------------------
// A script, or an animated image's next picture, may have taken the place of ours.
/** @param {Item} item */
function isOurs({ element, url, written }) {
  if (!url) return false;
  return element.srcset.startsWith(url) && written === element.getAttribute("src");
}

/** @param {Item} item */
async function read(item) {
  const { element } = item;
  if (item.url && element.srcset.startsWith(item.url)) await restore(item);
  item.written = element.getAttribute("src");
  item.pixels = null;
  await element.decode().catch(() => {});
  if (!element.naturalWidth) return null;
  item.srcset = element.getAttribute("srcset");
  const { image, width, height } = await measured(element);
  const [, context] = canvasOf(width, height);
  context.drawImage(image, 0, 0, width, height);
  item.density = width / element.naturalWidth;
  try {
    item.pixels = context.getImageData(0, 0, width, height);
  } catch {
    return null; // of another origin that lets nobody read it; described by grading.js
  }
  return item.pixels;
}

// A picture of `srcset` is smaller in the page than it has pixels.
/** @param {HTMLImageElement} element */
async function measured(element) {
  const { naturalWidth: width, naturalHeight: height, currentSrc, crossOrigin } = element;
  if (!element.hasAttribute("srcset")) return { image: element, width, height };
  const image = new Image();
  if (crossOrigin !== null) image.crossOrigin = crossOrigin;
  image.src = currentSrc;
  await image.decode().catch(() => {});
  if (!image.naturalWidth) return { image: element, width, height };
  return { image, width: image.naturalWidth, height: image.naturalHeight };
}

/** @type {(item: Item) => any} */
const plain = (item) => (isOurs(item) ? item.pixels : read(item));

// ---- showing another ------------------------------------------------------------------------------
// Uncompressed, rows from the top, as bytes lie in ImageData: nothing has to be worked out.
/** @param {ImageData} pixels */
function bitmapFile({ data, width, height }) {
  const head = new DataView(new ArrayBuffer(HEADER_BYTES));
  head.setUint16(0, 0x424d); // BM
  head.setUint32(2, HEADER_BYTES + data.length, true);
  head.setUint32(10, HEADER_BYTES, true);
  head.setUint32(14, 108, true); // BITMAPV4HEADER
  head.setInt32(18, width, true);
  head.setInt32(22, -height, true);
  head.setUint16(26, 1, true);
  head.setUint16(28, 32, true);
  head.setUint32(30, 3, true); // BI_BITFIELDS
  head.setUint32(34, data.length, true);
  for (const [at, mask] of [0xff, 0xff00, 0xff0000, 0xff000000].entries()) {
    head.setUint32(54 + 4 * at, mask, true);
  }
  head.setUint32(70, 0x73524742, true); // sRGB
  return new Blob([head, data], { type: "image/bmp" });
}

/**
 * @param {Item} item
 * @param {ImageData} pixels
 */
async function show(item, pixels) {
  const { element } = item;
  const url = URL.createObjectURL(bitmapFile(pixels));
  const old = item.url;
  item.url = url;
  const text = item.density === 1 ? url : `${url} ${item.density}x`;
  for (const source of sourcesOf(element)) source.srcset = text;
  element.srcset = text;
  await element.decode().catch(() => {});
  if (old) URL.revokeObjectURL(old);
}

/**
 * @param {HTMLImageElement} image
 * @returns {Iterable<HTMLSourceElement>}
 */
function sourcesOf(image) {
  const parentNode = /** @type {Element | null} */ (image.parentNode);
  return parentNode?.localName === "picture" ? parentNode.querySelectorAll(":scope > source") : [];
}

/** @param {Item} item */
async function restore(item) {
  const { element, srcset } = item;
  if (srcset === null || srcset === undefined) element.removeAttribute("srcset");
  else element.setAttribute("srcset", srcset);
  URL.revokeObjectURL(/** @type {string} */ (item.url));
  item.url = null;
  await element.decode().catch(() => {}); // or a frame may be taken while it is not there yet
}

export { plain, restore, show };
