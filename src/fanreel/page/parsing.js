// Parsers of what nested compositions are written in: scripts, modules, selectors. A bundle of its
// own, which only pages ask for that hold nested compositions; see parsers.js.

export { parse as parseScript } from "acorn";
export { parse as lexModule } from "es-module-lexer/minimal/js";
export { default as selectorParser } from "postcss-selector-parser";
