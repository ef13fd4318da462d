// How messages name elements, and which element each message speaks of.
//
//   nameOf(element)        how an error names an element
//   about(element, text)   gives *text*, and keeps that it speaks of *element*
//   subjects               those texts -> their elements

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

export const subjects = new Map();

export function about(element, text) {
  if (element) subjects.set(text, element);
  return text;
}
