// Pictures of media, asked for by the shell's worker: the page's own thread only takes what has come.
//
//   fetchFrame(url, signal)     a promise for the bytes, null if the page shows that picture already

const WORKER = "/__fanreel__/frames.js";

/** @type {Map<number, {resolve: (body: ArrayBuffer | null) => void, reject: (error: Error) => void}>} */
const asked = new Map();
/** @type {Worker | null} */
let worker = null;
let count = 0;

function start() {
  const started = new Worker(WORKER);
  started.onmessage = ({ data: { id, body, error } }) => {
    const { resolve, reject } = asked.get(id) ?? {};
    asked.delete(id);
    if (error === null) resolve?.(body);
    else reject?.(new Error(error));
  };
  started.onerror = () => {
    for (const { reject } of asked.values()) reject(new Error(`${WORKER} does not run`));
    asked.clear();
  };
  return started;
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<ArrayBuffer | null>}
 */
export function fetchFrame(url, signal) {
  worker ??= start();
  const running = worker;
  count += 1;
  const id = count;
  signal.addEventListener("abort", () => running.postMessage({ id, url: null }), { once: true });
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject });
    running.postMessage({ id, url });
  });
}
