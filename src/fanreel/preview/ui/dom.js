// Elements by their ids, and new ones.
//
//   byId(id)
//   make(tag, properties, ...children)   `class`, `data-*` and `aria-*` as one would write them

/** @import { Ids, Properties } from "./types.d.ts" */

/**
 * @template {keyof Ids} Id
 * @param {Id} id
 */
export const byId = (id) => /** @type {Ids[Id]} */ (document.getElementById(id));

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Properties<Tag>} properties
 * @param {...(Node | string)} children
 */
export function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = String(value);
    else if (name in made) Object.assign(made, { [name]: value });
    else made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}
