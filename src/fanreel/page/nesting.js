// Mounts nested compositions: `<div data-composition-src="compositions/card.html" ...>`.
//
//   pending()   ["compositions/card.html: fetching", ...]: what `mounted` waits for
//   mounted()   a promise: every host known so far is mounted and its scripts have run. To be asked
//               again after awaiting, since a script may have added hosts.
//
// What is mounted is in instances.js.

/** @import { Instance } from "./types.d.ts" */
/** @typedef {Instance & {url: string}} FromFile */

import * as assets from "./assets.js";
import * as bindings from "./bindings.js";
import * as compositionFile from "./composition_file.js";
import * as hostBoxes from "./host_boxes.js";
import {
  ancestry,
  byHost,
  byRoot,
  errors,
  fail,
  instanceOf,
  isStale,
  makeInstance,
  markStale,
  mounting,
} from "./instances.js";
import { isElement } from "./nodes.js";
import { problem } from "./problems.js";
import * as scopedRealm from "./scoped_realm.js";
import * as scripts from "./scripts.js";
import * as sheets from "./sheets.js";
import { messageOf } from "./thrown.js";
import * as uniqueIds from "./unique_ids.js";
import * as variables from "./variables.js";

const HOSTS = "[data-composition-src]";
const HOST_KEY = "data-fanreel-host";
const ROOT_KEY = "data-fanreel-root";

/**
 * @param {string} a
 * @param {string} b
 */
const isSameFile = (a, b) => new URL(a).pathname === new URL(b).pathname;

// ---- mounting ----------------------------------------------------------------------------
/** @param {FromFile} instance */
function mount(instance) {
  const chain = ancestry(instance.parent).flatMap((item) => item.url ?? []);
  if (chain.some((url) => isSameFile(url, instance.url))) {
    const path = [...chain.reverse(), instance.url].map(assets.nameOf).join(" → ");
    fail(
      instance,
      "circular-nesting",
      `composition includes itself: ${path}; remove one of these data-composition-src`,
    );
    return;
  }
  let text;
  try {
    text = assets.read(instance.url);
  } catch (error) {
    const path = instance.host.getAttribute("data-composition-src");
    fail(
      instance,
      "missing-file",
      `nested composition '${path}' could not be read (${messageOf(error)}); paths start at the project's root`,
    );
    return;
  }
  fill(instance, compositionFile.parse(text), text);
}

/**
 * @param {FromFile} instance
 * @param {ReturnType<typeof compositionFile.parse>} file
 * @param {string} text
 */
function fill(instance, { fragment, declarations, shell }, text) {
  const { host, url } = instance;
  instance.text = text;
  /** @type {HTMLElement | null} */
  const root = fragment.querySelector("[data-composition-id]");
  if (root) adoptRoot(instance, root);
  instance.scope = variables.scope({
    composition: instance.ids.join(" / ") || assets.nameOf(url),
    declarations: [...declarations, root?.getAttribute("data-composition-variables") ?? null],
    overrides: host.getAttribute("data-variable-values") ?? "",
    where: "data-variable-values",
  });
  instance.scope.file = url;
  if (shell) adoptShell(host, shell);
  assets.rebase(fragment, url);
  bindings.bind(fragment, instance.scope);
  sheets.inline(fragment, instance);
  uniqueIds.rename(fragment, instance);
  host.setAttribute(HOST_KEY, instance.key);
  host.replaceChildren(fragment);
  sheets.scope(instance, host.querySelectorAll(sheets.selector));
  hostBoxes.add(instance);
  bindings.style(instance.scope, new Set([host, instance.root]));
  scopedRealm.open(instance);
  const onload = shell?.body.getAttribute("onload");
  if (onload) scopedRealm.runWhenReady(instance, onload);
}

// The root's id is given up: by convention every root is called "root", and the page's rules for
// its own would apply to all of them. Selectors of the file find it by its key. Host and root are
// one composition, so its id is written once.
/**
 * @param {Instance} instance
 * @param {HTMLElement} root
 */
function adoptRoot(instance, root) {
  const { host } = instance;
  const inner = /** @type {string} */ (root.getAttribute("data-composition-id"));
  instance.root = root;
  if (root.id) instance.renamedIds.set(root.id, `[${ROOT_KEY}="${instance.key}"]`);
  instance.ids = [...new Set([inner, instance.id].filter((id) => id !== null))];
  instance.namedByFile = instance.id === null;
  if (instance.namedByFile) host.setAttribute("data-composition-id", inner);
  if (instance.id === null || instance.id === inner) root.removeAttribute("data-composition-id");
  instance.id = inner;
  root.removeAttribute("id");
  root.setAttribute(ROOT_KEY, instance.key);
  byRoot.set(root, instance);
}

// A full document's <html> and <body> become the host: their classes and style come along.
/**
 * @param {HTMLElement} host
 * @param {{html: HTMLElement, body: HTMLElement}} shell
 */
function adoptShell(host, { html, body }) {
  const classes = [...html.classList, ...body.classList];
  if (classes.length > 0) host.classList.add(...classes);
  for (const source of [html, body]) {
    for (const name of source.style) {
      if (host.style.getPropertyValue(name) === "") {
        host.style.setProperty(name, source.style.getPropertyValue(name));
      }
    }
  }
}

function unmounted() {
  /** @type {NodeListOf<HTMLElement>} */
  const hosts = document.querySelectorAll(HOSTS);
  return [...hosts].flatMap((host) => {
    const reference = host.getAttribute("data-composition-src")?.trim();
    return reference && !byHost.has(host) && bindings.isWhole(host) ? [{ host, reference }] : [];
  });
}

// Content comes as soon as the parser has left the host, so that the page's own scripts find it;
// the scripts of nested files follow when the page's have run.
/** @type {FromFile[]} */
let fresh = [];
function mountAll() {
  for (let hosts = unmounted(); hosts.length > 0; hosts = unmounted()) {
    for (const { host, reference } of hosts) {
      const url = assets.compositionUrl(reference);
      const instance = /** @type {FromFile} */ (makeInstance(host, url));
      byHost.set(host, instance);
      try {
        mount(instance);
      } catch (error) {
        fail(
          instance,
          "nested-failure",
          `${assets.nameOf(url)} could not be mounted: ${messageOf(error)}`,
        );
      }
      if (instance.scope !== null) fresh.push(instance);
    }
    markStale();
  }
}

/** @type {Promise<void> | null} */
let working = null;
async function work() {
  await parsed;
  mountAll();
  while (fresh.length > 0) {
    const batch = fresh;
    fresh = [];
    await scripts.run(batch.filter(({ host }) => host.isConnected));
    mountAll();
  }
}

function start() {
  working ??= work()
    .catch((error) => {
      const message = `mounting failed: ${messageOf(error)}`;
      errors.push({ ...problem("nested-failure", null, message), url: null });
    })
    .finally(() => {
      working = null;
    });
  return working;
}

/** @param {MutationRecord[]} records */
function note(records) {
  for (const { type, addedNodes, removedNodes } of records) {
    if (type === "attributes" || removedNodes.length > 0) markStale();
    for (const node of addedNodes) {
      if (!isElement(node)) continue;
      markStale();
      sheets.adopt(node, instanceOf);
    }
  }
  if (!isStale) return;
  mountAll();
  if (fresh.length > 0) start();
}

const observer = new MutationObserver(note);
observer.observe(document, {
  childList: true,
  subtree: true,
  attributes: true,
  attributeFilter: ["data-composition-src", "data-composition-id"],
});

/** @type {Promise<void>} */
const parsed = new Promise((resolve) => {
  if (document.readyState !== "loading") resolve();
  else document.addEventListener("DOMContentLoaded", () => resolve(), { once: true });
});
start();

mounting.catchUp = () => note(observer.takeRecords());
mounting.mountAll = mountAll;

export const pending = scripts.pending;

export async function mounted() {
  await parsed;
  do await start();
  while (fresh.length > 0 || unmounted().length > 0);
}
