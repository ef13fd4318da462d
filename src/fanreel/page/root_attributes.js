// The root's attributes as written, before any script ran.
//
// Mutation records are delivered before the parser runs the next script, so what is kept here is
// what the author wrote, whatever scripts do to the root later.

/** @type {Record<string, string> | null} */
export let rootAttributes = null;

function keepRootAttributes() {
  const root = document.querySelector("[data-composition-id]");
  if (!root) return;
  rootAttributes = Object.fromEntries(
    [...root.attributes].map((attribute) => [attribute.name, attribute.value]),
  );
  observer.disconnect();
}

const observer = new MutationObserver(keepRootAttributes);
observer.observe(document, { childList: true, subtree: true });
