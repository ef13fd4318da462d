// Parsers of what nested compositions are written in: scripts, modules, style sheets and
// selectors. A bundle of its
// own, which only pages ask for that hold nested compositions; see parsers.js.

export { parse as parseScript } from "acorn";
export { tokenize as tokenizeCss, tokenTypes as cssTokens } from "css-tree/tokenizer";
export { string as cssString, url as cssUrl } from "css-tree/utils";
export { parse as lexModule } from "es-module-lexer/minimal/js";
export { default as selectorParser } from "postcss-selector-parser";
