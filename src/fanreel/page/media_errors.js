// What is wrong with the document's media and sounds, as of the last description.
//
//   errors          problems (problems.js)
//   clear()         a description begins
//   fail(rule, element, message)

import { problem } from "./problems.js";

/** @import { Problem } from "./types.d.ts" */

/** @type {Problem[]} */
export let errors = [];

export function clear() {
  errors = [];
}

/**
 * @param {string} rule
 * @param {Element} element
 * @param {string} message
 */
export function fail(rule, element, message) {
  errors.push(problem(rule, element, message));
}
