// The frames of the project. Each runs this script, and what one asks of another goes by its realm.
//
//   ownRealm        this frame's: what main.js puts on it is all that other frames, the shell and
//                   Python can reach
//   root            the realm of the composition's own frame: the one clock is there
//   isRoot          this frame is that one
//   realms()        those of every live frame of the project, the root's first
//   report(error)   shows an error of the page's code as the browser would

import { real } from "./real.js";

export const config = globalThis.__fanreelConfig ?? {};

/** @import { Realm } from "./types.d.ts" */

export const ownRealm = /** @type {Realm} */ ({ window: globalThis, document, real });
Object.defineProperty(globalThis, "__fanreel", { value: ownRealm, configurable: true });

export const root = (() => {
  let found = ownRealm;
  try {
    /** @type {Window} */
    let view = window;
    for (; view !== view.parent; view = view.parent) {
      if (!view.parent.__fanreel) break;
      found = view.parent.__fanreel;
    }
  } catch {
    // A parent of another origin: this frame keeps a clock of its own, which stands still.
  }
  return found;
})();
export const isRoot = root === ownRealm;

const known = new Set([ownRealm]);
ownRealm.join = (realm) => known.add(realm);
if (!isRoot) root.join(ownRealm);

export function realms() {
  for (const realm of known) {
    // A frame that was removed or has moved on to another document.
    if (realm.window.closed || realm.window.__fanreel !== realm) known.delete(realm);
  }
  return known;
}

/** @param {unknown} error */
export const report = (error) => globalThis.reportError(error);
