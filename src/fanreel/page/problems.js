// What is wrong, as data.
//
//   problem(rule, subject, message, more)   what a rule says of an element, null for the page itself
//   naming(rule, subject, message)          the same where the message names the element itself
//   told(problem)     as the planner is told it: {rule, element, message, file, line, written};
//                     *written* is {file, tag, attributes, nth}: where the element is to be found in
//                     its file (null for the page's own), the nth of those written alike, from 0
//
// A rule is a name in lint/rules.py. *more* says where code stands, as {file, line}.

import * as assets from "./assets.js";
import { instanceOf } from "./instances.js";
import { nameOf } from "./naming.js";

const TELLING = ["id", "class", "data-start", "src"];

/** @import { Problem } from "./types.d.ts" */

/**
 * @param {string} rule
 * @param {Element | null} subject
 * @param {string} message
 * @param {{file?: string, line?: number}} [more]
 * @returns {Problem}
 */
export const problem = (rule, subject, message, more = {}) => ({
  rule,
  element: nameOf(subject),
  message,
  subject,
  ...more,
});

/**
 * @param {string} rule
 * @param {Element | null} subject
 * @param {string} message
 * @returns {Problem}
 */
export const naming = (rule, subject, message) => ({ rule, element: null, message, subject });

/** @param {Problem} problem */
export function told({ rule, element, message, subject, file = null, line = null }) {
  return { rule, element, message, file, line, written: subject && written(subject) };
}

/** @param {Element} element */
function written(element) {
  const attributes = [...element.attributes].map(({ name, value }) => [name, value]);
  return {
    file: fileOf(element),
    tag: element.localName,
    attributes: Object.fromEntries(attributes),
    nth: twinsOf(element).indexOf(element),
  };
}

/** @param {Element} element */
function twinsOf(element) {
  const instance = instanceOf(element);
  return [...element.ownerDocument.querySelectorAll(element.localName)].filter(
    (other) =>
      TELLING.every((name) => other.getAttribute(name) === element.getAttribute(name)) &&
      instanceOf(other) === instance,
  );
}

/** @param {Element} element */
function fileOf(element) {
  const { ownerDocument } = element;
  if (ownerDocument !== document) return assets.nameOf(ownerDocument.URL);
  for (let instance = instanceOf(element); instance; instance = instance.parent) {
    if (instance.url !== null) return assets.nameOf(instance.url);
  }
  return null;
}
