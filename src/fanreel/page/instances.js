// The nested compositions there are. nesting.js mounts them; whoever asks about them asks here.
//
//   instances()    one entry per mounted host and per inline nested composition, in document order,
//                  parents before children:
//     key        "n1", "n2", ...: unique, the same in every run of the page
//     host       the element that places it (data-start, data-duration, data-playback-rate,
//                data-playback-start are its attributes)
//     root       the composition's own element below the host; the host itself when the file has
//                none, or when the composition is written inline
//     id, ids    composition id; ids also holds the host's, where the two differ
//     timelines  this instance's registry {id: timeline}; never shared by two mounts of one file
//     parent     the instance around it, null in the page's own composition
//     inline     true for `data-composition-id` without a file
//     rate, offsetS   of the host: playback rate and data-playback-start in seconds
//     width, height   content size in CSS pixels, from root or host; null when neither says
//     url        of the file; null for inline ones
//   timelineOf(instance)   the timeline that plays the instance, or null
//   owners         WeakMap timeline -> instance; window.__timelines also lists these, so whoever
//                  walks window.__timelines skips timelines that have an owner
//   lastWritten    name of a global -> what the script of an instance wrote there last
//   isOwnRoot(el)  el is an instance's own root: a composition, not a clip of its host
//   instanceOf(el)   the instance whose content el is (a host is its parent's content)
//   fail(instance, rule, message, more)   adds to the errors
//   errors         problems (problems.js) with {url, instance} and, of its own code, {isCode, isSyntax}

import { nameOf } from "./naming.js";

/** @import { Instance, InstanceProblem } from "./types.d.ts" */

/** @type {InstanceProblem[]} */
export const errors = [];
/** @type {WeakMap<object, Instance>} */
export const owners = new WeakMap();
/** @type {Map<PropertyKey, unknown>} */
export const lastWritten = new Map();
/** @type {Map<Element, Instance>} */
export const byHost = new Map();
/** @type {WeakMap<Element, Instance>} */
export const byRoot = new WeakMap();
// What nesting.js does before a list is made: looks at what has changed, mounts what is new.
export const mounting = { catchUp() {}, mountAll() {} };
let count = 0;

const NAMED = "[data-composition-id]";

/**
 * @param {string | null} text
 * @param {number} fallback
 */
const numberOr = (text, fallback) => {
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text.replace(/px$/, ""));
  return Number.isFinite(value) ? value : fallback;
};

/**
 * @param {Instance} instance
 * @param {string} rule
 * @param {string} message
 * @param {Partial<InstanceProblem>} [more]
 */
export function fail(instance, rule, message, more = {}) {
  const { host, url } = instance;
  errors.push({ rule, element: nameOf(host), message, subject: host, url, instance, ...more });
  console.error(`fanreel: ${message}`);
}

/**
 * @param {Element} element
 * @returns {Instance | null}
 */
export function instanceOf(element) {
  for (let node = element.parentElement; node; node = node.parentElement) {
    const found = byHost.get(node);
    if (found) return found;
  }
  return null;
}

/** @param {Instance | null} parent */
export function ancestry(parent) {
  const chain = [];
  for (let node = parent; node; node = node.parent) chain.push(node);
  return chain;
}

/**
 * @param {HTMLElement} host
 * @param {string | null} url
 * @returns {Instance}
 */
export function makeInstance(host, url) {
  const parent = instanceOf(host);
  count += 1;
  return {
    key: `n${count}`,
    host,
    url,
    parent,
    root: host,
    renamedIds: new Map(),
    inline: url === null,
    depth: ancestry(parent).filter((item) => !item.inline).length + 1,
    id: host.getAttribute("data-composition-id"),
    ids: [],
    namedByFile: false,
    text: "",
    timelines: {},
    renames: new Map(),
    scope: null,
    get rate() {
      return Math.min(10, Math.max(0.1, numberOr(host.getAttribute("data-playback-rate"), 1)));
    },
    get offsetS() {
      const text =
        host.getAttribute("data-playback-start") ?? host.getAttribute("data-media-start");
      return numberOr(text, 0);
    },
    get width() {
      return sizeOf(this, "data-width");
    },
    get height() {
      return sizeOf(this, "data-height");
    },
  };
}

/**
 * @param {Instance} instance
 * @param {string} name
 */
function sizeOf({ root, host }, name) {
  const value = numberOr(root.getAttribute(name) ?? host.getAttribute(name), 0);
  return value > 0 ? value : null;
}

/** @param {Element} element */
export const isOwnRoot = (element) => byRoot.has(element);

// ---- listing -----------------------------------------------------------------------------
function findInline() {
  const top = document.querySelector(NAMED);
  /** @type {NodeListOf<HTMLElement>} */
  const named = document.querySelectorAll(NAMED);
  for (const element of named) {
    if (element === top || byHost.has(element) || byRoot.has(element)) continue;
    if (element.hasAttribute("data-composition-src")) continue;
    const instance = makeInstance(element, null);
    if (instance.id !== null) instance.ids = [instance.id];
    byHost.set(element, instance);
  }
}

/**
 * @param {Node} a
 * @param {Node} b
 */
const precedes = (a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;

// Asked for every frame, so kept while the document's elements stay the same.
export let isStale = true;
/** @type {Instance[]} */
let listed = [];

export function markStale() {
  isStale = true;
}

export function instances() {
  mounting.catchUp();
  if (!isStale) return listed;
  isStale = false;
  mounting.mountAll();
  findInline();
  const live = [...byHost.values()].filter(
    ({ host, inline, scope }) =>
      host.isConnected && (inline ? host.matches(NAMED) : scope !== null),
  );
  for (const instance of live) {
    instance.parent = instanceOf(instance.host);
    if (instance.inline)
      instance.timelines = instance.parent?.timelines ?? globalThis.__timelines ?? {};
  }
  listed = live.sort((a, b) => (precedes(a.host, b.host) ? -1 : 1));
  return listed;
}

/** @param {Instance} instance */
export function timelineOf({ ids, timelines, inline, key }) {
  for (const id of ids) if (timelines[id]) return timelines[id];
  if (inline) return globalThis.__timelines?.[ids[0]] ?? null;
  const all = Object.values(timelines).filter(Boolean);
  if (all.length === 1) return all[0];
  // Registered by a script that ran outside the instance (a library, a module of the page).
  for (const id of ids) {
    const same = [...byHost.values()].filter((other) => other.ids.includes(id));
    const found = globalThis.__timelines?.[id];
    if (found && same.length === 1 && same[0].key === key && !owners.has(found)) return found;
  }
  return null;
}
