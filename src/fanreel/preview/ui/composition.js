// The composition, which lies on an origin of its own: orders go to the page around it as messages.
//
//   new Composition(box, origin)      puts that page into *box*
//   .resize(width, height)            of the composition, in its own pixels; it is scaled to fit
//   await .order(name, facts)         see page/preview_shell.js; throws what the page threw

import { make } from "./dom.js";

/** @import { Orders } from "./types.d.ts" */
/** @typedef {{resolve(value: unknown): void, reject(error: Error): void}} Waiting */

const SHELL = "/__fanreel__/preview.html";

export class Composition {
  scale = 1;
  #size = [16, 9];
  #count = 0;
  /** @type {Map<number, Waiting>} */
  #waiting = new Map();

  /**
   * @param {HTMLElement} box
   * @param {string} origin
   */
  constructor(box, origin) {
    this.box = box;
    this.around = /** @type {HTMLElement} */ (box.parentElement);
    this.origin = origin;
    this.there = new Promise((resolve, reject) => this.#waiting.set(0, { resolve, reject }));
    this.frame = make("iframe", {
      title: "Composition",
      referrerPolicy: "no-referrer",
      src: `${origin}${SHELL}?owner=${encodeURIComponent(location.origin)}`,
    });
    this.frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
    window.addEventListener("message", (event) => this.hear(event));
    box.append(this.frame);
    new ResizeObserver(() => this.fit()).observe(this.around);
  }

  /** @param {MessageEvent} event */
  hear({ source, origin, data }) {
    if (source !== this.frame.contentWindow || origin !== this.origin) return;
    const waiting = this.#waiting.get(data?.id);
    this.#waiting.delete(data?.id);
    if (data?.error) waiting?.reject(new Error(String(data.error)));
    else waiting?.resolve(data?.value);
  }

  /**
   * @template {keyof Orders} Name
   * @param {Name} name
   * @param {Orders[Name][0]} facts
   * @returns {Promise<Orders[Name][1]>}
   */
  async order(name, facts) {
    await this.there;
    this.#count += 1;
    const id = this.#count;
    const answer = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    this.frame.contentWindow?.postMessage({ id, order: name, ...facts }, this.origin);
    return /** @type {Promise<Orders[Name][1]>} */ (answer);
  }

  /**
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.#size = [width, height];
    this.around.classList.toggle("tall", height > width); // more room on a phone
    this.frame.style.width = `${width}px`;
    this.frame.style.height = `${height}px`;
    this.fit();
  }

  fit() {
    const [width, height] = this.#size;
    const { clientWidth, clientHeight } = this.around;
    this.scale = Math.min(clientWidth / width, clientHeight / height);
    this.frame.style.transform = `scale(${this.scale})`;
    this.box.style.width = `${width * this.scale}px`;
    this.box.style.height = `${height * this.scale}px`;
  }
}
