// Anime.js instances that the page has registered.
//
//   instances()          [{id, instance}]
//   seekInstance(item)   puts it to the clock's time in its composition
//   ids()                of those registered with an id

import { clips } from "./clips.js";
import { clock } from "./clock.js";

/** @typedef {{id: string | null, instance: any}} Registered */

/** @type {Record<string, any>} */
const page = globalThis;
/** @type {(Registered & {labels: object})[]} */
const registered = [];

const animeApi = {
  /**
   * @param {string} id
   * @param {any} instance
   * @param {{labels?: object}} options
   */
  register(id, instance, options = {}) {
    registered.push({ id, instance, labels: options.labels ?? {} });
    instance?.pause?.();
    return instance;
  },
};
page.hyperframesAnime ??= animeApi;
page.__hfAnime ??= [];

/** @returns {Registered[]} */
export function instances() {
  /** @type {any[]} */
  const pushed = Array.isArray(page.__hfAnime) ? page.__hfAnime : [];
  const loose = pushed.filter((instance) => !registered.some((item) => item.instance === instance));
  return [...registered, ...loose.map((instance) => ({ id: null, instance }))];
}

/** @param {Registered} item */
export function seekInstance({ id, instance }) {
  if (typeof instance?.seek !== "function") return;
  let axis = { zeroS: 0, rate: 1 };
  for (const composition of clips.compositions.values()) {
    if (id !== null && composition.id === id) axis = composition;
  }
  const local = Math.max(clock.now - axis.zeroS * 1000, 0) * axis.rate;
  const length = Number.isFinite(instance.duration) ? instance.duration : local;
  instance.seek(Math.min(local, length));
}

export const ids = () => registered.map((item) => item.id);
