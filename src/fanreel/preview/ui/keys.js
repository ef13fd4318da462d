// The keyboard: everything can be done by it.

const TYPES = new Set(["text", "number", "search", "url"]);

function isTyping(target) {
  if (target.matches?.("textarea, select")) return true;
  return target.matches?.("input") && TYPES.has(target.type);
}

// Whoever points does not mean the button that they pressed last by the space bar.
window.addEventListener("click", ({ detail, target }) => {
  const button = /** @type {Element} */ (target).closest?.("button");
  if (detail > 0 && button) button.blur();
});

// *on* is {toggle, step(frames), second(seconds), first, last, still, render, loop, mute}.
export function listen(on) {
  window.addEventListener("keydown", (event) => {
    const { key, shiftKey, ctrlKey, metaKey, altKey, target } = event;
    if (ctrlKey || metaKey || altKey) return;
    if (isTyping(target)) {
      if (key === "Escape") /** @type {HTMLElement} */ (target).blur();
      return;
    }
    // A button that has the focus is pressed by the space bar, as anywhere.
    const element = /** @type {Element} */ (target);
    if (key === " " && element.matches("button, input[type=checkbox], a")) return;
    const step = shiftKey ? on.second : on.step;
    const act = {
      " ": on.toggle,
      k: on.toggle,
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: on.first,
      End: on.last,
      s: on.still,
      r: on.render,
      l: on.loop,
      m: on.mute,
    }[key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
