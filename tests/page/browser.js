// A document for modules that read one: linkedom's, with what it leaves out of a browser's globals.
import { parseHTML } from "linkedom";

const { window, document } = parseHTML("<!doctype html><html><head></head><body></body></html>");

/** A page with *markup* in its body; the same document every time, as modules keep it. */
export function show(markup) {
  document.body.innerHTML = markup;
  return document;
}

const missing = {
  document,
  window: globalThis,
  parent: globalThis,
  requestAnimationFrame: () => 0,
  cancelAnimationFrame: () => {},
};
for (const name of ["Element", "Document", "HTMLElement", "HTMLMediaElement", "MutationObserver"]) {
  missing[name] = window[name];
}
for (const [name, value] of Object.entries(missing)) globalThis[name] ??= value;
document.getElementsByName ??= (name) => document.querySelectorAll(`[name="${name}"]`);
