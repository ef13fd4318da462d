// What the head of the page says of the composition, and news, which stand there for a while.
//
//   new Status()
//   .show(state)          what is so now
//   .say(text, kind)      news: "good", "bad" or "busy"
//   veil(text)            covers the picture; "" uncovers it

import { byId } from "./dom.js";

/** @import { State } from "./types.d.ts" */
/** @typedef {"good" | "bad" | "busy"} Kind */

const NOTICE_MS = 5000;

export class Status {
  /** @type {State | null} */
  #state = null;
  /** @type {{text: string, kind: Kind, until: number}} */
  #notice = { text: "", kind: "good", until: 0 };

  /** @param {State} state */
  show(state) {
    this.#state = state;
    this.#draw();
  }

  /**
   * @param {string} text
   * @param {Kind} kind
   */
  say(text, kind = "good") {
    this.#notice = { text, kind, until: performance.now() + NOTICE_MS };
    this.#draw();
    setTimeout(() => this.#draw(), NOTICE_MS + 50);
  }

  #draw() {
    const isNews = performance.now() < this.#notice.until;
    const { text, kind } = isNews ? this.#notice : standing(this.#state);
    const status = byId("status");
    status.textContent = text;
    status.dataset.kind = kind;
    status.title = text;
  }
}

/**
 * @param {State | null} state
 * @returns {{text: string, kind: Kind}}
 */
function standing(state) {
  if (!state) return { text: "opening", kind: "busy" };
  if (state.isPlanning) return { text: "looking for changes in sound and media", kind: "busy" };
  if (state.error) return { text: "cannot be rendered: see findings", kind: "bad" };
  return { text: "as it will be rendered", kind: "good" };
}

/** @param {string} text */
export function veil(text) {
  byId("veil").hidden = text === "";
  byId("veil").textContent = text;
}
