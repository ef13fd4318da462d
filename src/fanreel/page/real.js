// The browser's own functions, kept before anything is replaced, and the frames of the project.
//
//   F.real              untouched originals, bound; everything of ours uses only these
//   F.root              the F of the composition's own frame: the one clock is there
//   F.realms()          the F of every live frame of the project, the root's first
//   F.nameOf(element)   how an error names an element
//   F.about(element, text)   gives *text*, and keeps that it speaks of *element*
//   F.subjects          those texts -> their elements
//   F.report(error)     shows an error of the page's code as the browser would
//   F.rootAttributes    the root's attributes as written, before any script ran
(() => {
  const previous = globalThis.__fanreel;
  const F = { window: globalThis, document, config: globalThis.__fanreelConfig ?? {} };
  Object.defineProperty(globalThis, "__fanreel", { value: F, configurable: true });

  // A frame's first empty document hands its window to the next one: then the originals are
  // those kept the first time.
  F.real = previous?.real ?? {
    Date,
    setTimeout: setTimeout.bind(globalThis),
    clearTimeout: clearTimeout.bind(globalThis),
    setInterval: setInterval.bind(globalThis),
    clearInterval: clearInterval.bind(globalThis),
    requestAnimationFrame: requestAnimationFrame.bind(globalThis),
    cancelAnimationFrame: cancelAnimationFrame.bind(globalThis),
    now: performance.now.bind(performance),
    random: Math.random,
    fetch: fetch.bind(globalThis),
    MessageChannel,
    postMessage: MessagePort.prototype.postMessage,
    getRandomValues: crypto.getRandomValues.bind(crypto),
    attachShadow: Element.prototype.attachShadow,
    getAnimations: Document.prototype.getAnimations,
    mediaCurrentTime: Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "currentTime"),
  };

  F.root = (() => {
    let found = F;
    try {
      for (let view = window; view !== view.parent; view = view.parent) {
        if (!view.parent.__fanreel) break;
        found = view.parent.__fanreel;
      }
    } catch {
      // A parent of another origin: this frame keeps a clock of its own, which stands still.
    }
    return found;
  })();

  const known = new Set([F]);
  F.join = (realm) => known.add(realm);
  if (F.root !== F) F.root.join(F);

  F.realms = () => {
    for (const realm of known) {
      // A frame that was removed or has moved on to another document.
      if (realm.window.closed || realm.window.__fanreel !== realm) known.delete(realm);
    }
    return known;
  };

  F.nameOf = (element) => {
    if (!element) return "the page";
    if (element.id) return `${element.localName}#${element.id}`;
    const composition = element.getAttribute("data-composition-id");
    if (composition !== null) return `${element.localName}[data-composition-id="${composition}"]`;
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    const twins = [...(element.parentElement?.children ?? [])].filter(
      (other) => other.localName === element.localName && other.className === element.className,
    );
    const place = twins.length > 1 ? `:nth(${twins.indexOf(element) + 1})` : "";
    const around = element.parentElement?.closest("[id]");
    return `${around ? `#${around.id} ` : ""}${element.localName}${classes}${place}`;
  };

  F.subjects = new Map();
  F.about = (element, text) => {
    if (element) F.subjects.set(text, element);
    return text;
  };

  F.report = (error) => globalThis.reportError(error);

  // Mutation records are delivered before the parser runs the next script, so what is kept here
  // is what the author wrote, whatever scripts do to the root later.
  F.rootAttributes = null;
  function keepRootAttributes() {
    const root = document.querySelector("[data-composition-id]");
    if (!root) return;
    F.rootAttributes = Object.fromEntries(
      [...root.attributes].map((attribute) => [attribute.name, attribute.value]),
    );
    observer.disconnect();
  }
  const observer = new MutationObserver(keepRootAttributes);
  observer.observe(document, { childList: true, subtree: true });
})();
