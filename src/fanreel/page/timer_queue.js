// Timers in the order in which they fall due; of two at one moment the older one first.

/** @typedef {{id: number | null, due: number, own?: boolean, [fact: string]: any}} Timer */

export function makeQueue() {
  /** @type {Timer[]} */
  const timers = [];
  const byId = new Map();

  /** @param {Timer} timer */
  function add(timer) {
    let low = 0;
    let high = timers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timers[middle].due <= timer.due) low = middle + 1;
      else high = middle;
    }
    timers.splice(low, 0, timer);
    if (timer.id !== null) byId.set(timer.id, timer);
  }

  /** @param {Timer} timer */
  function remove(timer) {
    const at = timers.indexOf(timer);
    if (at >= 0) timers.splice(at, 1);
    byId.delete(timer.id);
  }

  return {
    add,
    remove,
    first: () => timers[0],
    find: (id) => byId.get(id),
    ofPage: () => timers.filter((timer) => !timer.own),
  };
}
