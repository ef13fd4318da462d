// Selectors of a nested composition mean its own elements, and keep their specificity.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHTML } from "linkedom";
import { provide } from "../../src/fanreel/page/parsers.js";
import * as parsing from "../../src/fanreel/page/parsing.js";
import { mapDocument, scope } from "../../src/fanreel/page/selectors.js";

provide(parsing);

const HOST = '[data-fanreel-host="n1"]';
const renamedIds = new Map([
  ["root", '[data-fanreel-root="n1"]'],
  ["1st", "#1st-n1"],
]);
const instance = { key: "n1", depth: 1, renamedIds };
const short = (text) => text.replaceAll(HOST, "H");

const RULES = {
  ".a": ".a:is(H *)",
  ".a, b > c": ".a:is(H *), b > c:is(H *)",
  ".a::before": ".a:is(H *)::before",
  ".a:before": ".a:is(H *):before",
  ".a:hover:not(.b, .c)": ".a:hover:not(.b, .c):is(H *)",
  "*": "*:is(H *)",
  body: ":where(H):not(fanreel-none)",
  "html body.dark > p": ":where(H):not(fanreel-none):where(H):not(fanreel-none).dark > p:is(H *)",
  ":root": ":where(H):not(.fanreel-none)",
  "#root .a": ':is(#root, [data-fanreel-root="n1"]) .a:is(H *)',
  ".body #html": ".body #html:is(H *)",
  "p:not(body > .a)": "p:not(:where(H):not(fanreel-none) > .a):is(H, H *)",
  '[data-x="body, html"] p': '[data-x="body, html"] p:is(H *)',
  '[data-composition-id="c"]': '[data-composition-id="c"]:is(H, H *)',
  ".w\\/2:hover": ".w\\/2:hover:is(H *)",
  "li:nth-child(2n+1 of .a)": "li:nth-child(2n+1 of .a):is(H *)",
  ".a ~ .b + .c": ".a ~ .b + .c:is(H *)",
  // What a look at the characters took for something else.
  ".a /* , body */ .b": ".a .b:is(H *)",
  "*|body .a": ":where(H):not(fanreel-none) .a:is(H *)",
  "#\\31 st .a": ":is(#\\31 st, #1st-n1) .a:is(H *)",
  "::part(body)::before": ":is(H *)::part(body)::before",
};

for (const [selector, wanted] of Object.entries(RULES)) {
  test(`a rule for ${selector} stays inside`, () => {
    assert.equal(short(scope(selector, instance)), wanted);
  });
}

test("an inner file wins over an outer one by one attribute a level", () => {
  assert.equal(short(scope(".a", { ...instance, depth: 2 })), ".a:is(HH *)");
});

const LOOK_UPS = {
  ".a > .b": ".a > .b",
  "body .a": ":where(H):not(fanreel-none) .a",
  "#\\31 st": ":is(#\\31 st, #1st-n1)",
  "> .a": "> .a",
  ".a/* or */, .b": ".a, .b",
};

for (const [selector, wanted] of Object.entries(LOOK_UPS)) {
  test(`a look-up of ${selector} means the host where it names the document`, () => {
    assert.equal(short(mapDocument(selector, instance)), wanted);
  });
}

test("what is no selector is left for the browser to refuse", () => {
  assert.equal(mapDocument(".a[", instance), ".a[");
});

test("the composition's own id means its root, but not as an ancestor", () => {
  const { document } = parseHTML('<div><section data-fanreel-root="n1"></section></div>');
  globalThis.document = document;
  const mounted = {
    ...instance,
    ids: ["card"],
    host: document.querySelector("div"),
    root: document.querySelector("section"),
  };
  const named = '[data-composition-id="card"]';
  assert.equal(short(scope(`${named} > .a`, mounted)), '[data-fanreel-root="n1"] > .a:is(H *)');
  assert.equal(short(scope(`${named} .a`, mounted)), `${named} .a:is(H *)`);
  assert.equal(
    short(scope('[data-composition-id="other"] > .a', mounted)),
    '[data-composition-id="other"] > .a:is(H *)',
  );
});
