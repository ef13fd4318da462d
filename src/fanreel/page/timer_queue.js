// Timers in the order in which they fall due; of two at one moment the older one first.

/** @import { OwnTask, Timer } from "./types.d.ts" */

export function makeQueue() {
  /** @type {(Timer | OwnTask)[]} */
  const timers = [];
  /** @type {Map<number, Timer>} */
  const byId = new Map();

  /** @param {Timer | OwnTask} timer */
  function add(timer) {
    let low = 0;
    let high = timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timers[middle].due <= timer.due) low = middle + 1;
      else high = middle;
    }
    timers.splice(low, 0, timer);
    if (!timer.own) byId.set(timer.id, timer);
  }

  /** @param {Timer | OwnTask} timer */
  function remove(timer) {
    const at = timers.indexOf(timer);
    if (at >= 0) timers.splice(at, 1);
    if (!timer.own) byId.delete(timer.id);
  }

  return {
    add,
    remove,
    first: () => timers.at(0),
    find: (/** @type {number} */ id) => byId.get(id),
    ofPage: () => timers.filter((timer) => !timer.own),
  };
}
