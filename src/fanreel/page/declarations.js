// Finds `const`, `let` and `class` at the top level of a classic script.
//
//   topLevel(code)    [{at, length, replacement}], empty when the code cannot be followed
//
// The scripts of a page share such names; the scripts of a nested composition are evaluated one by
// one, where only `var` and `function` outlive a script, so these become `var`.

import { parsers } from "./parsers.js";

/**
 * @param {string} code
 * @returns {{at: number, length: number, replacement: string}[]}
 */
export function topLevel(code) {
  if (!/\b(?:const|let|class)\b/.test(code)) return [];
  return programOf(code).flatMap((statement) => {
    const { type, start, end } = statement;
    if (type === "VariableDeclaration" && /^(?:const|let)$/.test(statement.kind)) {
      return [{ at: start, length: statement.kind.length, replacement: "var" }];
    }
    if (type !== "ClassDeclaration") return [];
    return [
      { at: start, length: "class".length, replacement: `var ${statement.id.name} = class` },
      { at: end, length: 0, replacement: ";" },
    ];
  });
}

/**
 * @param {string} code
 * @returns {import("acorn").Program["body"]}
 */
function programOf(code) {
  const { parseScript } = parsers();
  try {
    return parseScript(code, { ecmaVersion: "latest", sourceType: "script" }).body;
  } catch {
    return []; // the browser says what is wrong with it, or knows more than the parser
  }
}
