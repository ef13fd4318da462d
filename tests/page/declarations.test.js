// What a script declares at its top level becomes `var`, whatever stands around it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { topLevel } from "../../src/fanreel/page/declarations.js";
import { provide } from "../../src/fanreel/page/parsers.js";
import * as parsing from "../../src/fanreel/page/parsing.js";

provide(parsing);

const shared = (code) =>
  topLevel(code).reduceRight(
    (text, { at, length, replacement }) =>
      text.slice(0, at) + replacement + text.slice(at + length),
    code,
  );

const CASES = {
  "const a = 1": "var a = 1",
  "let {a} = b; for (let i of c) { let d }": "var {a} = b; for (let i of c) { let d }",
  "class A { m() { let x } }\n(f)()": "var A = class A { m() { let x } };\n(f)()",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: code in a string
  "const r = /[/'`]{/; const t = `${`}`}{`": "var r = /[/'`]{/; var t = `${`}`}{`",
  "// const a\n/* let b */ let c": "// const a\n/* let b */ var c",
  "f('const a = {'); x = a / b; const y = 2 / 1": "f('const a = {'); x = a / b; var y = 2 / 1",
};

for (const [code, wanted] of Object.entries(CASES)) {
  test(`${JSON.stringify(code)} is shared`, () => assert.equal(shared(code), wanted));
}

test("a regular expression after a condition hides nothing", () => {
  assert.equal(
    shared("if (a) /[{]/.test(x);\nconst b = 1; class C {}"),
    "if (a) /[{]/.test(x);\nvar b = 1; var C = class C {};",
  );
});

test("names that are words elsewhere stay what they are", () => {
  const code = "var let_ = 1; object.const = class {}; label: { const inner = 1 } let\nlast = 2";
  assert.equal(shared(code), code.replace("let\nlast", "var\nlast"));
});

test("what is no script stays as it is, for the browser to say so", () => {
  for (const code of ["const broken = {", "import a from './a.js'; const b = a"]) {
    assert.equal(shared(code), code);
  }
});
