// The keyboard: everything can be done by it.

/** @typedef {"toggle" | "first" | "last" | "still" | "render" | "loop" | "mute"} Command */
/** @typedef {Record<Command, () => void> & Record<"step" | "second", (count: number) => void>} Commands */

const TYPES = new Set(["text", "number", "search", "url"]);

/** @param {Element} target */
function isTyping(target) {
  if (target.matches("textarea, select")) return true;
  return target instanceof HTMLInputElement && TYPES.has(target.type);
}

// Whoever points does not mean the button that they pressed last by the space bar.
window.addEventListener("click", ({ detail, target }) => {
  const button = target instanceof Element ? target.closest("button") : null;
  if (detail > 0 && button) button.blur();
});

/** @param {Commands} on */
export function listen(on) {
  /** @type {Record<string, () => void>} */
  const plain = {
    " ": on.toggle,
    k: on.toggle,
    ArrowLeft: () => on.step(-1),
    ArrowRight: () => on.step(1),
    Home: on.first,
    End: on.last,
    s: on.still,
    r: on.render,
    l: on.loop,
    m: on.mute,
  };
  /** @type {Record<string, () => void>} */
  const shifted = {
    ...plain,
    ArrowLeft: () => on.second(-1),
    ArrowRight: () => on.second(1),
  };
  window.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey, target } = event;
    if (ctrlKey || metaKey || altKey || !(target instanceof HTMLElement)) return;
    if (isTyping(target)) {
      if (key === "Escape") target.blur();
      return;
    }
    // A button that has the focus is pressed by the space bar, as anywhere.
    if (key === " " && target.matches("button, input[type=checkbox], a")) return;
    const act = (shiftKey ? shifted : plain)[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
