// Selectors of a nested composition, rewritten to mean its own elements.
//
//   scope(text, instance)                    for a rule: elements below the host
//   mapDocument(text, instance)              for querySelector: html, body, :root become the host
// where instance = {key, depth, ids, host, root, renamedIds: Map id -> selector}; the host carries
// data-fanreel-host="key", the root below it data-fanreel-root="key".
//
// A rule `S` reaches the elements below the host with one more attribute of specificity per level
// of nesting, so an inner file wins over an outer one that says the same (HyperFrames docs,
// sub-compositions: every rule is prefixed by the composition's attribute selector).
// `html`, `body`, `:root` mean the host and keep their specificity, so that the outer file may
// still place it.
//
// @scope would do without rewriting, but gives no specificity: `.a .b` of the page would win over
// `.b` of the nested file.

import { parsers } from "./parsers.js";

/** @import { Node, Selector } from "postcss-selector-parser" */
/** @import { Instance } from "./types.d.ts" */
/** @typedef {{combinator: string, nodes: Node[]}} Compound its combinator is the one before it */

const LEGACY_PSEUDO_ELEMENT = /^:(before|after|first-line|first-letter)$/i;
// `:not()` of what cannot exist adds exactly the specificity that `body` or `:root` had.
const AS_TYPE = ":not(fanreel-none)";
const AS_PSEUDO_CLASS = ":not(.fanreel-none)";

/** @param {Instance} instance */
const hostSelector = (instance) => `[data-fanreel-host="${instance.key}"]`;

/** @param {any} node */
const isPseudoElement = ({ type, value }) =>
  type === "pseudo" && (value.startsWith("::") || LEGACY_PSEUDO_ELEMENT.test(value));

// A word of a pseudo-class or -element that takes no selectors, such as `::part(body)`.
const TAKES_SELECTORS =
  /^(?::(?:is|not|where|has|matches|-webkit-any|nth-child|nth-last-child|host|host-context)|::(?:slotted|cue))$/i;
/** @param {any} node */
function isArgument(node) {
  const pseudo = node.parent?.parent;
  return pseudo?.type === "pseudo" && !TAKES_SELECTORS.test(pseudo.value);
}

// Puts other selectors in the place of those that name the document's own elements, and of ids that
// have another name here, see nesting.js and unique_ids.js. Gives the nodes that mean the host.
/**
 * @param {Selector} selector
 * @param {Instance} instance
 */
function translate(selector, instance) {
  const { selectorParser } = parsers();
  const hosts = new Set();
  const raw = (/** @type {string} */ value) => selectorParser.string({ value });
  const becomesHost = (/** @type {any} */ node, /** @type {string} */ specificity) => {
    const host = raw(`:where(${hostSelector(instance)})${specificity}`);
    hosts.add(host);
    node.replaceWith(host);
  };
  selector.walk((node) => {
    if (node.type === "comment") node.remove();
    else if (isArgument(node)) return;
    else if (node.type === "tag" && /^(html|body)$/i.test(node.value)) becomesHost(node, AS_TYPE);
    else if (node.type === "pseudo" && /^:root$/i.test(node.value)) {
      becomesHost(node, AS_PSEUDO_CLASS);
    } else if (node.type === "id" && instance.renamedIds.has(node.value)) {
      node.replaceWith(raw(`:is(${text(node)}, ${instance.renamedIds.get(node.value)})`));
    }
  });
  return hosts;
}

/** @param {unknown} node */
const text = (node) => String(node).trim();

/** @returns {Compound[]} */
function compoundsOf(/** @type {Selector} */ selector) {
  /** @type {Compound} */
  let last = { combinator: "", nodes: [] };
  const compounds = [last];
  for (const node of selector.nodes) {
    if (node.type === "combinator") {
      last = { combinator: node.value.trim() || " ", nodes: [] };
      compounds.push(last);
    } else last.nodes.push(node);
  }
  return compounds;
}

// `html body .x` and `html > body > .x`: both compounds are the host, which is one element.
/**
 * @param {Compound[]} compounds
 * @param {Set<any>} hosts
 */
function mergeHosts(compounds, hosts) {
  const isHost = (/** @type {Compound} */ { nodes }) => nodes.some((node) => hosts.has(node));
  /** @type {Compound[]} */
  const merged = [];
  for (const compound of compounds) {
    const last = merged.at(-1);
    const follows = compound.combinator === " " || compound.combinator === ">";
    if (last && follows && isHost(last) && isHost(compound)) last.nodes.push(...compound.nodes);
    else merged.push(compound);
  }
  return merged;
}

// Every node of a compound, also those within its pseudo-classes.
/**
 * @param {any[]} nodes
 * @returns {Generator<any>}
 */
function* within(nodes) {
  for (const node of nodes) {
    yield node;
    if (node.nodes) yield* within(node.nodes);
  }
}

// The composition's id stands on the host alone where the file's root has the same one, but a
// rule of the file means its root: that is what its children stand directly below. As an ancestor
// the host does as well, since the root is in it.
/**
 * @param {Compound[]} compounds
 * @param {Instance} instance
 */
function meanRoot(compounds, { key, ids, root, host }) {
  if (!root || root === host || root.hasAttribute("data-composition-id")) return;
  const named = document.createElement("i");
  const isOurs = (/** @type {string} */ attribute) =>
    ids.some((id) => {
      named.setAttribute("data-composition-id", id);
      return named.matches(attribute);
    });
  for (const [index, { nodes }] of compounds.entries()) {
    if (compounds[index + 1]?.combinator === " ") continue;
    for (const node of [...within(nodes)]) {
      if (node.type !== "attribute" || node.attribute !== "data-composition-id") continue;
      if (isOurs(text(node))) becomeRoot(node, nodes, key);
    }
  }
}

/**
 * @param {any} node
 * @param {Node[]} nodes
 * @param {string} key
 */
function becomeRoot(node, nodes, key) {
  const root = parsers().selectorParser.string({ value: `[data-fanreel-root="${key}"]` });
  if (nodes.includes(node)) nodes[nodes.indexOf(node)] = root;
  else node.replaceWith(root);
}

// The selector that says where the subject may be, before its pseudo-element if it has one.
/**
 * @param {Compound} compound
 * @param {Set<any>} hosts
 * @param {Instance} instance
 */
function addMembership({ nodes }, hosts, instance) {
  const host = hostSelector(instance).repeat(Math.max(instance.depth, 1));
  const reachesHost = [...within(nodes)].some(
    (node) => hosts.has(node) || node.attribute?.startsWith("data-composition-"),
  );
  const value = reachesHost ? `:is(${host}, ${host} *)` : `:is(${host} *)`;
  const at = nodes.findIndex(isPseudoElement);
  const membership = parsers().selectorParser.string({ value });
  nodes.splice(at < 0 ? nodes.length : at, 0, membership);
}

/** @param {Compound[]} compounds */
const written = (compounds) =>
  compounds
    .map(({ combinator, nodes }, index) => {
      const between = index > 0 && combinator !== " " ? ` ${combinator} ` : combinator;
      return between + nodes.map(String).join("").trim();
    })
    .join("")
    .trim();

/** @type {(list: string) => Selector[]} */
const parse = (list) => parsers().selectorParser().astSync(list).nodes;

/**
 * @param {Selector} selector
 * @param {Instance} instance
 */
function scopeComplex(selector, instance) {
  const hosts = translate(selector, instance);
  const compounds = mergeHosts(compoundsOf(selector), hosts);
  meanRoot(compounds, instance);
  const subject = compounds[compounds.length - 1];
  const isHost = subject.nodes.some((node) => hosts.has(node));
  if (!isHost && subject.nodes.length > 0) addMembership(subject, hosts, instance);
  return written(compounds);
}

/**
 * @param {string} list
 * @param {Instance} instance
 */
export function scope(list, instance) {
  let selectors;
  try {
    selectors = parse(list);
  } catch {
    // The browser has taken it, so it knows more than the parser.
    return `:is(${list}):is(${hostSelector(instance).repeat(Math.max(instance.depth, 1))} *)`;
  }
  return selectors.map((selector) => scopeComplex(selector, instance)).join(", ");
}

/**
 * @param {string} list
 * @param {Instance} instance
 */
export function mapDocument(list, instance) {
  let selectors;
  try {
    selectors = parse(list);
  } catch {
    return list; // the browser says what is wrong with it
  }
  return selectors
    .map((selector) => {
      const hosts = translate(selector, instance);
      const compounds = mergeHosts(compoundsOf(selector), hosts);
      // Else the host, which scripts find by that id in the page's markup.
      if (instance.namedByFile) meanRoot(compounds, instance);
      return written(compounds);
    })
    .join(", ");
}
