// Style sheets as text: what they refer to, and what they import.
//
//   mapReferences(text, place)   the text, with place(reference) for every reference
//   leadingImports(text)         [{start, end, url, layer, supports, media}] of the @import rules at
//                                its head; later ones have no effect in CSS. *layer* is "" for one
//                                without a name; null where nothing is said

import { parsers } from "./parsers.js";

/** @typedef {(reference: string) => string} Place */
/** @typedef {{type: number, start: number, end: number}} Token */

// Functions whose strings are references.
const REFERRING = /^(?:url|src|(?:-webkit-)?image-set)\($/i;

/**
 * @param {string} text
 * @returns without white space and comments
 */
function tokensOf(text) {
  const { tokenizeCss, cssTokens } = parsers();
  /** @type {Token[]} */
  const tokens = [];
  tokenizeCss(text, (type, start, end) => {
    if (type !== cssTokens.WhiteSpace && type !== cssTokens.Comment) {
      tokens.push({ type, start, end });
    }
  });
  return tokens;
}

/** @type {(text: string, token: Token) => string} */
const written = (text, { start, end }) => text.slice(start, end);

// What a url() or a string says; null for any other token.
/**
 * @param {string} text
 * @param {Token} token
 */
function referenceOf(text, token) {
  const { cssString, cssTokens, cssUrl } = parsers();
  if (token.type === cssTokens.Url) return cssUrl.decode(written(text, token));
  return token.type === cssTokens.String ? cssString.decode(written(text, token)) : null;
}

// Tokens that are references: url(x), and the strings of url("x"), image-set("x" 1x), @import "x".
/** @param {string} text */
function* references(text) {
  const { cssTokens } = parsers();
  /** @type {string[]} */
  const around = []; // functions and brackets that are open
  /** @type {Token | null} */
  let previous = null;
  for (const token of tokensOf(text)) {
    const { type } = token;
    const isImported =
      previous !== null &&
      previous.type === cssTokens.AtKeyword &&
      /^@import$/i.test(written(text, previous));
    const isArgument = REFERRING.test(around.at(-1) ?? "");
    if (type === cssTokens.Url || (type === cssTokens.String && (isImported || isArgument))) {
      yield token;
    }
    if (type === cssTokens.Function || type === cssTokens.LeftParenthesis) {
      around.push(written(text, token));
    } else if (type === cssTokens.RightParenthesis) around.pop();
    previous = token;
  }
}

const quoted = (/** @type {string} */ reference) =>
  `"${reference.replace(/["\\]/g, "\\$&").replace(/\n/g, "\\a ")}"`;

/**
 * @param {string} text
 * @param {Place} place
 */
export function mapReferences(text, place) {
  if (!/url\(|src\(|image-set\(|@import/i.test(text)) return text;
  let result = "";
  let end = 0;
  for (const token of references(text)) {
    const reference = referenceOf(text, token);
    if (reference === null) continue;
    const placed = place(reference);
    if (placed === reference) continue;
    const isUrl = token.type === parsers().cssTokens.Url;
    result += text.slice(end, token.start) + (isUrl ? `url(${quoted(placed)})` : quoted(placed));
    end = token.end;
  }
  return result + text.slice(end);
}

// Index after the bracket that closes the function at *at*.
/**
 * @param {Token[]} tokens
 * @param {number} at
 */
function afterFunction(tokens, at) {
  const { cssTokens } = parsers();
  let depth = 0;
  for (let index = at; index < tokens.length; index += 1) {
    const { type } = tokens[index];
    if (type === cssTokens.Function || type === cssTokens.LeftParenthesis) depth += 1;
    if (type === cssTokens.RightParenthesis) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return tokens.length;
}

// Index of the first token that ends a statement: `;`, or a block's `{`.
/**
 * @param {Token[]} tokens
 * @param {number} at
 */
function statementEnd(tokens, at) {
  const { cssTokens } = parsers();
  const ends = (/** @type {Token} */ { type }) =>
    type === cssTokens.Semicolon || type === cssTokens.LeftCurlyBracket;
  const found = tokens.findIndex((token, index) => index >= at && ends(token));
  return found < 0 ? tokens.length : found;
}

// `layer(x) supports(y) screen`, from token *at* up to *end*.
/**
 * @param {string} text
 * @param {Token[]} tokens
 * @param {number} at
 * @param {number} end
 */
function conditionsOf(text, tokens, at, end) {
  const { cssTokens } = parsers();
  let next = at;
  const take = (/** @type {string} */ name) => {
    if (next >= end || tokens[next].type !== cssTokens.Function) return null;
    if (written(text, tokens[next]).toLowerCase() !== `${name}(`) return null;
    const from = tokens[next].end;
    next = afterFunction(tokens, next);
    return text.slice(from, tokens[next - 1].start).trim();
  };
  let layer = take("layer");
  if (layer === null && next < end && /^layer$/i.test(written(text, tokens[next]))) {
    layer = "";
    next += 1;
  }
  const supports = take("supports");
  const media = next < end ? text.slice(tokens[next].start, tokens[end - 1].end) : null;
  return { layer, supports, media };
}

/** @param {string} text */
export function leadingImports(text) {
  if (!/@import/i.test(text)) return [];
  const { cssTokens } = parsers();
  const tokens = tokensOf(text);
  const found = [];
  for (let at = 0; at < tokens.length; ) {
    const { type, start } = tokens[at];
    if (type === cssTokens.CDO || type === cssTokens.CDC) {
      at += 1;
      continue;
    }
    const name = type === cssTokens.AtKeyword ? written(text, tokens[at]).toLowerCase() : "";
    const last = statementEnd(tokens, at);
    const isBlock = tokens[last]?.type === cssTokens.LeftCurlyBracket;
    if (isBlock || !["@import", "@charset", "@layer"].includes(name)) break;
    const end = tokens[last]?.end ?? text.length;
    if (name === "@import") {
      const isFunction = tokens[at + 1]?.type === cssTokens.Function;
      const url = referenceOf(text, tokens[at + (isFunction ? 2 : 1)] ?? tokens[at]);
      if (url === null) break;
      const after = isFunction ? afterFunction(tokens, at + 1) : at + 2;
      found.push({ start, end, url, ...conditionsOf(text, tokens, after, last) });
    }
    at = last + 1;
  }
  return found;
}
