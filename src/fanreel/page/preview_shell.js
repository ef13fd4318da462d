// The page around a composition in a preview. It lies on the composition's own origin and obeys the
// page of the preview, which lies on another one: that page starts renders and writes files, and no
// composition may do so in its name.
//
// Orders come as messages {id, order, ...} and are carried out one after the other; the answer is
// {id, value} or {id, error}. What they are is in `orders`.

const params = new URLSearchParams(location.search);
const owner = params.get("owner") ?? "null"; // no page has that origin
const READY_TIMEOUT_MS = 30_000;
const LOAD_TIMEOUT_MS = 30_000;
const PASSED_AT_ONCE = 30;

/** @type {any} */
let frame = null;
/** @type {HTMLElement | null} */
let mark = null;

const inside = () => frame.contentWindow.__fanreel;
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** @param {{entry: string, width: number, height: number}} page */
function build({ entry, width, height }) {
  const made = document.createElement("iframe");
  // As the shell of a render has it: no dialogs, no new windows, no way out.
  made.setAttribute("sandbox", "allow-scripts allow-same-origin");
  made.className = "behind";
  made.style.width = `${width}px`;
  made.style.height = `${height}px`;
  const loaded = new Promise((resolve, reject) => {
    made.addEventListener("load", () => resolve(undefined), { once: true });
    setTimeout(() => reject(new Error("the page does not load")), LOAD_TIMEOUT_MS);
  });
  made.src = entry;
  document.body.append(made);
  return { made, loaded };
}

/** @param {number} end */
async function pass(end) {
  for (let number = 0; number < end; number += 1) {
    await inside().seek(number);
    if (number % PASSED_AT_ONCE === 0) await turn();
  }
}

// What the page says of itself, and how its clips lie in each other and which media they play.
async function describe() {
  const described = await inside().describe();
  const { instances, clips } = inside();
  instances.instances();
  const more = clips.all.map((/** @type {{element: Element}} */ { element }) => ({
    inside: instances.instanceOf(element)?.key ?? null,
    mounts: instances.byHost.get(element)?.key ?? null,
    media: element.getAttribute("data-fanreel-media"),
  }));
  const seen = described.clips.map((/** @type {object} */ clip, /** @type {number} */ index) => ({
    ...clip,
    ...more[index],
  }));
  return { ...described, clips: seen };
}

// Opens the page anew behind the one that is shown, and shows it when it stands at *number*: what
// is on the screen never goes blank. A page that keeps state is taken through all frames before.
/** @param {{entry: string, width: number, height: number, number: number, stepped: boolean}} page */
async function open({ entry, width, height, number, stepped }) {
  const { made, loaded } = build({ entry, width, height });
  const old = frame;
  try {
    await loaded;
    frame = made;
    if (!inside()) throw new Error("the page is not of the composition");
    const ready = await inside().ready({ timeoutMs: READY_TIMEOUT_MS });
    if (stepped) await pass(number);
    await inside().seek(number);
    old?.remove();
    made.className = "";
    unmark();
    const described = await describe();
    return { described, waitingFor: ready.waitingFor, failed: ready.failed };
  } catch (error) {
    made.remove();
    frame = old;
    throw error;
  }
}

function unmark() {
  mark?.remove();
  mark = null;
}

/** @param {string} name */
function find(name) {
  const { document: page } = frame.contentWindow;
  const plain = name.replace(/:nth\(\d+\)$/, "");
  const found = [...page.querySelectorAll(plain)];
  return found.find((element) => inside().nameOf(element) === name) ?? found[0] ?? null;
}

// Draws a box around the element that is called *name*; false where it has none now.
/** @param {{name: string, scale: number}} asked */
function highlight({ name, scale }) {
  unmark();
  /** @type {Element | null} */
  let element = null;
  try {
    element = find(name);
  } catch {
    // A name for people that is no selector.
  }
  const box = element?.getBoundingClientRect();
  if (!box || box.width * box.height === 0) return false;
  const made = document.createElement("div");
  made.id = "mark";
  made.style.setProperty("--scale", String(scale));
  made.style.left = `${box.left}px`;
  made.style.top = `${box.top}px`;
  made.style.width = `${box.width}px`;
  made.style.height = `${box.height}px`;
  document.body.append(made);
  mark = made;
  return true;
}

/** @type {Record<string, Function>} */
const orders = {
  open,
  seek: async (/** @type {{number: number}} */ { number }) => {
    await inside().seek(number);
    return number;
  },
  highlight,
  unhighlight: unmark,
};

let last = Promise.resolve();

/** @param {{id: number, order: string} & Record<string, any>} asked */
async function obey({ id, order, ...rest }) {
  /** @type {Record<string, any>} */
  const answer = { id, value: null, error: null };
  try {
    answer.value = await orders[order](rest);
  } catch (error) {
    answer.error = error instanceof Error ? error.message : String(error);
  }
  window.parent.postMessage(answer, owner);
}

window.addEventListener("message", (event) => {
  if (event.source !== window.parent || event.origin !== owner) return;
  if (!Object.hasOwn(orders, event.data?.order)) return;
  last = last.then(() => obey(event.data));
});
window.parent.postMessage({ id: 0, value: "there", error: null }, owner);

export {}; // a module of its own, whose names are not those of shell.js
