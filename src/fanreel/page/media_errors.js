// What is wrong with the document's media and sounds, as of the last description.
//
//   errors          [{element, message}]
//   clear()         a description begins
//   fail(element, message)

import { about, nameOf } from "./naming.js";

export let errors = [];

export function clear() {
  errors = [];
}

export function fail(element, message) {
  about(element, `${nameOf(element)}: ${message}`);
  errors.push({ element: nameOf(element), message });
}
