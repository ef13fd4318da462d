// Frames that scripts cannot reach, such as sandboxed ones: they are told the time by message.
//
//   F.remoteFrames.seek(frame)   a promise for the time all of them show the frame; undefined
//                                when there are none
//
// Each runs this script too, with a clock of its own. A frame that never answers has not got it and
// is not asked again.
(() => {
  const F = globalThis.__fanreel;
  const { real } = F;
  const ANSWER_TIMEOUT_MS = 5_000;
  const READY_TIMEOUT_MS = 5_000;
  const waiting = new Map(); // serial -> resolve
  const silent = new WeakSet();
  let serial = 0;
  let ready = null;

  function isRemote({ contentWindow }) {
    if (contentWindow === null) return false;
    try {
      return contentWindow.document === null;
    } catch {
      return true; // of another origin
    }
  }

  function ask(element, frame) {
    serial += 1;
    const number = serial;
    const answered = new Promise((resolve) => {
      waiting.set(number, resolve);
      real.setTimeout(() => {
        if (waiting.delete(number)) silent.add(element);
        resolve();
      }, ANSWER_TIMEOUT_MS);
    });
    element.contentWindow.postMessage({ fanreelSeek: { frame, number } }, "*");
    return answered;
  }

  function seek(frame) {
    const asked = [];
    for (const realm of F.realms()) {
      for (const element of realm.document.getElementsByTagName("iframe")) {
        if (!silent.has(element) && isRemote(element)) asked.push(ask(element, frame));
      }
    }
    return asked.length > 0 ? Promise.all(asked) : undefined;
  }

  async function obey({ frame, number }, source) {
    ready ??= F.ready({ timeoutMs: READY_TIMEOUT_MS });
    await ready;
    await F.seek(frame);
    source.postMessage({ fanreelSought: number }, "*");
  }

  // Ours is the first listener, so the page never hears of it.
  globalThis.addEventListener(
    "message",
    (event) => {
      const { fanreelSeek, fanreelSought } = event.data ?? {};
      if (fanreelSeek === undefined && fanreelSought === undefined) return;
      event.stopImmediatePropagation();
      if (fanreelSeek !== undefined && event.source === globalThis.parent) {
        obey(fanreelSeek, event.source);
      }
      waiting.get(fanreelSought)?.();
      waiting.delete(fanreelSought);
    },
    { capture: true },
  );

  F.remoteFrames = { seek };
})();
