// What `data-vfx-chain` says: its nodes, and what of it nobody understands.
//
//   read(text)              {nodes, problems}; nodes: [{type, id, params}], numbers only
//   animated(node, style)   the node's params, with custom properties in their place
//
// Names, defaults and ranges are measured on the reference; its guide names some of them.

/** @typedef {{type: string, id: string, params: Record<string, number>}} EffectNode */

import { messageOf } from "./thrown.js";

/**
 * @param {any} value
 * @returns {value is Record<string, any>}
 */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

// What a node reads. Names after the bar have no effect in the reference either.
/** @type {Record<string, {defaults: Record<string, number>, ignored: string}>} */
const TYPES = {
  "fractal-noise": {
    defaults: {
      noiseType: 3,
      invert: 0,
      contrast: 100,
      brightness: 0,
      scale: 100,
      complexity: 6,
      subInfluence: 70,
      subScaling: 56,
      evolution: 0,
      randomSeed: 0,
      opacity: 100,
    },
    ignored: "fractalType overflow rotation uniformScaling blendMode",
  },
  "wave-warp": {
    defaults: { height: 10, width: 40, direction: 90, speed: 1, phase: 0 },
    ignored: "waveType pinning antialias",
  },
  "displacement-map": {
    defaults: { useH: 1, maxH: 5, useV: 2, maxV: 5 },
    ignored: "edge expand",
  },
};

/**
 * @param {{params?: any, type: string, id: string}} node
 * @param {string[]} problems
 */
function numbers({ params = {}, type, id }, problems) {
  const { defaults, ignored } = TYPES[type];
  const values = { ...defaults };
  for (const [key, value] of Object.entries(isObject(params) ? params : {})) {
    const number = typeof value === "boolean" ? Number(value) : value;
    if (Object.hasOwn(defaults, key)) {
      if (Number.isFinite(number)) values[key] = number;
      else problems.push(`${id}: ${key} is no number`);
    } else if (!ignored.split(" ").includes(key)) {
      problems.push(`${id}: ${type} has no ${key} that is drawn`);
    }
  }
  return values;
}

/**
 * @param {any} given
 * @param {number} at
 * @param {string[]} problems
 * @returns {EffectNode[]}
 */
function nodeOf(given, at, problems) {
  const { type, enabled } = isObject(given) ? given : {};
  if (!Object.hasOwn(TYPES, type ?? "")) {
    problems.push(`nobody knows the effect ${JSON.stringify(type ?? given)}`);
    return [];
  }
  if (enabled === false) return [];
  const id = String(given.id ?? `nodes[${at}]`);
  return [{ type, id, params: numbers({ ...given, id }, problems) }];
}

/**
 * @param {string} text
 * @returns {{nodes: EffectNode[], problems: string[]}}
 */
function read(text) {
  /** @type {string[]} */
  const problems = [];
  let given;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { nodes: [], problems: [`is no JSON (${messageOf(error)})`] };
  }
  if (!isObject(given) || !Array.isArray(given.nodes)) {
    return { nodes: [], problems: ['has no "nodes"'] };
  }
  const nodes = given.nodes.flatMap((/** @type {any} */ node, /** @type {number} */ at) =>
    nodeOf(node, at, problems),
  );
  return { nodes, problems };
}

/**
 * @param {EffectNode} node
 * @param {CSSStyleDeclaration} style
 */
function animated({ type, id, params }, style) {
  const values = { ...params };
  for (const key of Object.keys(TYPES[type].defaults)) {
    const written = style.getPropertyValue(`--vfx-${id}-${key}`).trim();
    if (written !== "" && Number.isFinite(Number(written))) values[key] = Number(written);
  }
  return values;
}

export { animated, read };
