// The variables of the page's own composition, and of all.
//
//   pageScope()   of the page's own, as the attributes of <html> and of the root say it now
//   pageRoot()    its root
//   check()       [{variable, expected, value, message, composition}]
//   declared()    [{composition, id, type, label, default, ...}]

import { config } from "./realm.js";
import { checkScope, forget, problems, scope, scopes } from "./variables.js";

/** @import { Variables } from "./types.d.ts" */

/** @type {{key: string, scope: Variables} | null} */
let page = null;
export const pageRoot = () => document.querySelector("[data-composition-id]");

export function pageScope() {
  const root = pageRoot();
  const html = document.documentElement;
  const texts = [html, root].map(
    (element) => element?.getAttribute("data-composition-variables") ?? null,
  );
  const key = texts.join("\0");
  if (page === null || page.key !== key) {
    if (page) forget(page.scope);
    const composition = root?.getAttribute("data-composition-id") ?? "main";
    const overrides = config.variables ?? {};
    page = {
      key,
      scope: scope({ composition, declarations: texts, overrides, where: null }),
    };
  }
  return page.scope;
}

export function check() {
  pageScope();
  return [...problems, ...scopes.flatMap(checkScope)];
}

export function declared() {
  pageScope();
  return scopes.flatMap(({ composition, declared: items }) =>
    [...items.values()].map((item) => ({ composition, ...item })),
  );
}
