// What code imports by a relative reference is moved, and nothing else in it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rebaseDynamic, rebaseImports } from "../../src/fanreel/page/imports.js";
import { provide } from "../../src/fanreel/page/parsers.js";
import * as parsing from "../../src/fanreel/page/parsing.js";

provide(parsing);

const place = (reference) => new URL(reference, "http://host/deep/card.html").href;

test("static and dynamic imports and exports are moved", () => {
  const code = `import a, { b as c } from './a.js';
    import "../b.js"; export * from "./c.js"; export { d } from './d.js' with { type: "json" };
    const e = await import('./e.js');`;
  assert.equal(
    rebaseImports(code, place),
    `import a, { b as c } from "http://host/deep/a.js";
    import "http://host/b.js"; export * from "http://host/deep/c.js"; export { d } from "http://host/deep/d.js" with { type: "json" };
    const e = await import("http://host/deep/e.js");`,
  );
});

test("names of packages, whole addresses and computed references stay", () => {
  const code = `import gsap from "gsap"; import "https://cdn/x.js"; import("./" + name); import.meta.url`;
  assert.equal(rebaseImports(code, place), code);
});

test("an import in a text, a comment, a template or a regular expression is none", () => {
  const code = `const t = 'import x from "./a.js"'; // import "./b.js"
    const u = \`import("./c.js")\`; const r = /import "\\.\\/d.js"/; say("moved from './e.js'");`;
  assert.equal(rebaseImports(code, place), code);
  assert.equal(rebaseDynamic(code, place), code);
});

test("of a classic script only import() is moved", () => {
  const code = `const t = "import('./a.js')"; import( /* why */ './b.js').then(({ c }) => c);`;
  assert.equal(
    rebaseDynamic(code, place),
    `const t = "import('./a.js')"; import( /* why */ "http://host/deep/b.js").then(({ c }) => c);`,
  );
});

test("an apostrophe in the new address ends no string", () => {
  assert.equal(
    rebaseImports("import './it.js'", () => "http://host/it's.js"),
    `import "http://host/it's.js"`,
  );
});

test("code that cannot be followed stays, for the browser to say what is wrong", () => {
  const code = "import { from './a.js' ((";
  assert.equal(rebaseImports(code, place), code);
});
