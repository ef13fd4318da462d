// Fetches pictures of media for frame_requests.js, in a worker of the shell. DevTools does not watch
// it: what it tells of a request and of each of its pieces takes a third of fetching a picture.

/** @type {Map<number, AbortController>} */
const stops = new Map();
const realm = /** @type {any} */ (globalThis);

/**
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function load(url, signal) {
  const response = await fetch(url, { signal });
  if (response.status === 204) return null;
  if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  return response.arrayBuffer();
}

realm.onmessage = async (/** @type {MessageEvent} */ { data: { id, url } }) => {
  if (url === null) {
    stops.get(id)?.abort();
    return;
  }
  const stop = new AbortController();
  stops.set(id, stop);
  try {
    const body = await load(url, stop.signal);
    realm.postMessage({ id, body, error: null }, body ? [body] : []);
  } catch (error) {
    realm.postMessage({ id, body: null, error: String(/** @type {Error} */ (error).message) });
  }
  stops.delete(id);
};

export {}; // a module of its own
