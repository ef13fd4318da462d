// Drives the composition's frame; called by capture/page_session.py. Nothing of the project changes
// while it is there, so it keeps what frames have read of it (assets.js).
import { fetchFrame } from "./frame_requests.js";

const BITS = 32;
const PASS_MS = 200;
const params = new URLSearchParams(location.search);
const width = Number(params.get("width"));
const height = Number(params.get("height"));
const transparent = params.get("transparent") === "1";
const backdrop = document.createElement("div");
/** @type {HTMLElement[]} */
const cells = [];
let shown = 0;
/** @type {HTMLIFrameElement | null} */
let frame = null;

function buildStamp() {
  if (params.get("stamp") !== "1") return;
  const stamp = document.createElement("div");
  stamp.id = "stamp";
  stamp.style.top = `${height}px`;
  for (let bit = 0; bit < BITS; bit += 1) {
    const cell = document.createElement("i");
    cells.push(cell);
    stamp.append(cell);
  }
  document.body.append(stamp);
}

// Paints *serial* as black and white cells, least significant bit first. Called in the task
// that changed the composition, so both changes reach the screen in the same picture.
/** @param {number} serial */
function paint(serial) {
  const changed = serial ^ shown;
  for (let bit = 0; bit < cells.length; bit += 1) {
    if ((changed >>> bit) & 1) {
      cells[bit].style.background = (serial >>> bit) & 1 ? "#fff" : "#000";
    }
  }
  shown = serial;
}

// Holds the composition. A transparent one is composed by itself, since something in its box is
// blended, and only its whole picture is put over what is behind.
function box() {
  if (!transparent) return document.body;
  const made = document.getElementById("box") ?? document.createElement("div");
  if (made.isConnected) return made;
  made.id = "box";
  made.append(document.createElement("i"));
  document.body.prepend(made);
  return made;
}

// What is behind a transparent composition; see capture/backdrop.py. Cells that are there stay as
// they are: what was seen of them is known.
/** @param {{columns: number, count: number, cell: number, pattern: string}} asked */
async function showCells({ columns, count, cell, pattern }) {
  if (backdrop.isConnected) return;
  backdrop.id = "backdrop";
  const [wide, high] = cell ? [cell, cell] : [width, height];
  const picture = `url(data:image/png;base64,${pattern})`;
  for (let at = 0; at < count; at += 1) {
    const made = document.createElement("i");
    made.style.left = `${(at % columns) * wide}px`;
    made.style.top = `${Math.floor(at / columns) * high}px`;
    made.style.width = `${wide}px`;
    made.style.height = `${high}px`;
    if (cell) made.style.backgroundImage = picture;
    else made.className = "plain";
    backdrop.append(made);
  }
  document.body.prepend(backdrop);
  if (cell) await Object.assign(new Image(), { src: picture.slice(4, -1) }).decode();
}

// Turns cells into their negative and back.
/**
 * @param {number[]} cells
 * @param {number} serial
 */
function turnCells(cells, serial) {
  for (const cell of cells) backdrop.children[cell].classList.toggle("negative");
  paint(serial);
}

// A new frame element each time: layers, raster scales and script state of earlier pictures
// are gone with the old one, so a segment's pixels do not depend on what came before it.
/** @param {string} url */
function open(url) {
  frame?.remove();
  const made = document.createElement("iframe");
  // No dialogs, printing, new windows, downloads or navigation of this page: each would stop the
  // capture or cover the screen; the browser refuses it, and the page goes on.
  made.setAttribute("sandbox", "allow-scripts allow-same-origin");
  made.style.width = `${width}px`;
  made.style.height = `${height}px`;
  /** @type {Promise<void>} */
  const loaded = new Promise((resolve) => {
    made.addEventListener("load", () => resolve(), { once: true });
  });
  made.src = url;
  box().prepend(made);
  frame = made;
  return loaded;
}

// When the page has done what it is at now.
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

// The window of the composition that stands open.
function view() {
  const found = frame?.contentWindow;
  if (!found) throw new Error("no composition is open");
  return found;
}

const inside = () => view().__fanreel;

// Puts the page to a frame; of a transparent one it tells whether the next picture may show a layer
// stretched.
/**
 * @param {number} number
 * @param {number} serial
 */
async function seek(number, serial) {
  await inside().seek(number, serial);
  return transparent && inside().sizes.changed();
}

// Puts the page to one of *numbers* after the other, without a picture of any: as many as there
// is time for, so that a page that hangs is told from one that has much to do. Gives how many.
/** @param {number[]} numbers */
async function pass(numbers) {
  const end = performance.now() + PASS_MS;
  let count = 0;
  while (count < numbers.length && performance.now() < end) {
    await inside().seek(numbers[count], shown);
    count += 1;
  }
  await turn();
  return count;
}

window.__fanreelPaint = paint;
window.__fanreelTexts = new Map();
window.__fanreelFrame = fetchFrame;
window.__fanreelShell = {
  open,
  turn,
  ready: (/** @type {number} */ timeoutMs) => inside().ready({ timeoutMs }),
  describe: () => inside().describe(),
  setMediaInfo: (/** @type {any} */ info) => inside().setMediaInfo(info),
  checkVariables: () => inside().checkVariables(),
  seek,
  pass,
  showCells,
  turnCells,
  showLayer: (/** @type {string} */ layer, /** @type {number} */ serial) =>
    inside().media.showLayer(layer, serial),
  watchFonts: (/** @type {any} */ where) => inside().fonts.watch(where),
  probeFonts: (/** @type {any} */ asked) => inside().fonts.probe(asked),
  fontProbes: () => inside().fonts.probes(),
  viewport: () => {
    const { innerWidth, innerHeight, devicePixelRatio } = view();
    return [innerWidth, innerHeight, devicePixelRatio];
  },
};
document.addEventListener("DOMContentLoaded", buildStamp);
