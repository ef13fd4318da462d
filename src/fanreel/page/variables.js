// Composition variables: what is declared, what is given, whether it fits.
//
//   scope({composition, declarations, overrides, where})   one composition's variables:
//                       {declared: Map, overrides, values: {id: value}}
//   forget(scope)       one that has been read anew
//   asText(value)       a scalar as text, an image's url, a font's family; else null
//   checkScope(scope)   [{variable, expected, value, message, composition}]
//   scopes, problems    all of them; what is wrong with how they are written
//
// Precedence: declared default < host's data-variable-values (nested) or config.variables (page).

import { messageOf } from "./thrown.js";

/** @import { Declaration, VariableProblem, Variables } from "./types.d.ts" */

const TYPES = ["string", "number", "color", "boolean", "enum", "font", "image"];
/** @type {VariableProblem[]} */
const problems = [];
/** @type {Variables[]} */
const scopes = [];
/** @type {(object: object, key: string) => boolean} */
const own = (object, key) => Object.hasOwn(object, key);

/**
 * @param {string} text
 * @param {string} what
 * @param {string} composition
 */
function parseJson(text, what, composition) {
  try {
    return JSON.parse(text);
  } catch (error) {
    problems.push({
      variable: null,
      expected: "JSON",
      value: text,
      composition,
      message: `${what} of composition '${composition}' is not JSON: ${messageOf(error)}`,
    });
    return null;
  }
}

/**
 * @param {string | null} text
 * @param {string} composition
 * @returns {Declaration[]}
 */
function parseDeclarations(text, composition) {
  if (text === null || text.trim() === "") return [];
  const list = parseJson(text, "data-composition-variables", composition);
  if (list === null) return [];
  if (!Array.isArray(list)) {
    problems.push({
      variable: null,
      expected: "array of declarations",
      value: list,
      composition,
      message: `data-composition-variables of composition '${composition}' is not an array: write [{"id", "type", "label", "default"}]`,
    });
    return [];
  }
  return list.filter((item) => checkDeclaration(item, composition));
}

/**
 * @param {any} item
 * @param {string} composition
 */
function checkDeclaration(item, composition) {
  const id = item?.id;
  if (typeof id !== "string" || id === "") {
    problems.push({
      variable: null,
      expected: "id",
      value: item,
      composition,
      message: `a variable declared by composition '${composition}' has no id`,
    });
    return false;
  }
  if (!TYPES.includes(item.type)) {
    problems.push({
      variable: id,
      expected: TYPES.join(" | "),
      value: item.type,
      composition,
      message: `variable '${id}' of composition '${composition}' has the unknown type ${JSON.stringify(item.type)}; allowed: ${TYPES.join(", ")}`,
    });
  } else if (item.type === "enum" && !Array.isArray(item.options)) {
    problems.push({
      variable: id,
      expected: "options",
      value: item.options,
      composition,
      message: `variable '${id}' of composition '${composition}' is an enum without options`,
    });
  }
  return true;
}

/**
 * @param {string} text
 * @param {string} composition
 */
function parseValues(text, composition) {
  if (text.trim() === "") return {};
  const values = parseJson(text, "data-variable-values", composition);
  if (values !== null && typeof values === "object" && !Array.isArray(values)) return values;
  if (values !== null) {
    problems.push({
      variable: null,
      expected: "object",
      value: values,
      composition,
      message: `data-variable-values of composition '${composition}' is not an object: write {"id": value}`,
    });
  }
  return {};
}

// A scope is one composition instance's variables. *declarations* are attribute texts, the later
// ones adding to the earlier; *overrides* is an object or an attribute text.
/**
 * @param {object} options
 * @param {string} options.composition
 * @param {(string | null)[]} options.declarations
 * @param {string | Record<string, unknown>} options.overrides
 * @param {string | null} options.where
 * @returns {Variables}
 */
function scope({ composition, declarations, overrides, where }) {
  /** @type {Map<string, Declaration>} */
  const declared = new Map();
  for (const text of declarations) {
    for (const item of parseDeclarations(text, composition)) declared.set(item.id, item);
  }
  const given = typeof overrides === "string" ? parseValues(overrides, composition) : overrides;
  /** @type {Record<string, unknown>} */
  const values = {};
  for (const [id, item] of declared) if (own(item, "default")) values[id] = item.default;
  Object.assign(values, given);
  const made = { composition, declared, overrides: given, values, where };
  scopes.push(made);
  return made;
}

/** @param {Declaration} item */
const enumValues = (item) =>
  (Array.isArray(item.options) ? item.options : []).map((option) =>
    option !== null && typeof option === "object" ? option.value : option,
  );

/**
 * @param {Declaration} item
 * @param {any} value
 */
function fits(item, value) {
  switch (item.type) {
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "boolean":
      return typeof value === "boolean";
    case "color":
      return typeof value === "string" && CSS.supports("color", value);
    case "enum":
      return enumValues(item).includes(value);
    case "image":
      return typeof value === "string" || typeof value?.url === "string";
    case "font":
      return typeof value === "string" || typeof (value?.family ?? value?.name) === "string";
    case "string":
      return typeof value === "string";
    default:
      return true;
  }
}

/** @param {Declaration} item */
function expectation(item) {
  if (item.type === "enum") return `one of ${JSON.stringify(enumValues(item))}`;
  if (item.type === "color") return "color (a CSS colour)";
  return item.type;
}

/** @param {Variables} scope */
function checkScope({ composition, declared, overrides, where }) {
  /** @type {VariableProblem[]} */
  const found = [];
  const place = where ? `${where} of composition '${composition}'` : "the render's variables";
  /** @type {(variable: string, expected: string, value: unknown, message: string) => void} */
  const add = (variable, expected, value, message) =>
    found.push({ variable, expected, value, message, composition });
  for (const [id, value] of Object.entries(overrides)) {
    const item = declared.get(id);
    if (item === undefined) {
      const known = [...declared.keys()].join(", ") || "none";
      const text = `variable '${id}' (given by ${place}) is not declared; declared: ${known}`;
      add(id, "a declared variable", value, text);
    } else if (!fits(item, value)) {
      const text = `variable '${id}' (given by ${place}) must be ${expectation(item)}, not ${JSON.stringify(value)}`;
      add(id, expectation(item), value, text);
    }
  }
  for (const [id, item] of declared) {
    if (own(item, "default") && TYPES.includes(item.type) && !fits(item, item.default)) {
      const text = `the default of variable '${id}' in composition '${composition}' must be ${expectation(item)}, not ${JSON.stringify(item.default)}`;
      add(id, expectation(item), item.default, text);
    }
  }
  return found;
}

// What a value is as text: scalars only, an image's url, a font's family.
/** @param {any} value */
function asText(value) {
  if (["string", "number", "boolean"].includes(typeof value)) return String(value);
  if (typeof value?.url === "string") return value.url;
  const family = value?.family ?? value?.name;
  return typeof family === "string" ? family : null;
}

/** @param {Variables} known */
function forget(known) {
  if (scopes.includes(known)) scopes.splice(scopes.indexOf(known), 1);
}

export { asText, checkScope, forget, problems, scope, scopes };
