// How messages name elements.
//
//   nameOf(element)   as a selector, for people

/** @param {Element | null} element */
export function nameOf(element) {
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
}
