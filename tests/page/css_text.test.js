// Style sheets as text: their references move, and imports at their head are found.
import assert from "node:assert/strict";
import { test } from "node:test";
import { leadingImports, mapReferences } from "../../src/fanreel/page/css_text.js";
import { provide } from "../../src/fanreel/page/parsers.js";
import * as parsing from "../../src/fanreel/page/parsing.js";

provide(parsing);

const moved = (text) => mapReferences(text, (reference) => `/deep/${reference}`);

const REFERENCES = {
  "a { background: url(x.png) }": 'a { background: url("/deep/x.png") }',
  'a { background: url( "x y.png" ) }': 'a { background: url( "/deep/x y.png" ) }',
  "@import 'x.css' screen;": '@import "/deep/x.css" screen;',
  "@import url(x.css);": '@import url("/deep/x.css");',
  'a { background: image-set("a.png" 1x, url(b.png) 2x) }':
    'a { background: image-set("/deep/a.png" 1x, url("/deep/b.png") 2x) }',
  'a { background: image-set("a.png" type("image/png")) }':
    'a { background: image-set("/deep/a.png" type("image/png")) }',
  "a { background: url(it\\'s.png) }": `a { background: url("/deep/it's.png") }`,
  'a { background: url("\\"q\\".png") }': 'a { background: url("/deep/\\"q\\".png") }',
  "a { --x: URL(x.png) }": 'a { --x: url("/deep/x.png") }',
};

for (const [text, wanted] of Object.entries(REFERENCES)) {
  test(`${text} refers to a file`, () => assert.equal(moved(text), wanted));
}

test("a url in a comment, a text or a selector is none", () => {
  const text = `/* url(a.png) */ a[title="url(b.png)"]::before { content: "@import 'c.css'" }`;
  assert.equal(moved(text), text);
});

const heads = (text) =>
  leadingImports(text).map(({ url, layer, supports, media }) => [url, layer, supports, media]);

test("imports at the head are found with their conditions", () => {
  assert.deepEqual(
    heads(
      `@charset "utf-8"; /* ; */ @layer a, b;
       @import "a.css"; @import url(b.css) layer; @import url("c.css") layer(x.y) screen and (color);
       @import 'd.css' supports(display: grid); @import "e.css" layer(z) supports(not ((a: b) or (c: d))) print;`,
    ),
    [
      ["a.css", null, null, null],
      ["b.css", "", null, null],
      ["c.css", "x.y", null, "screen and (color)"],
      ["d.css", null, "display: grid", null],
      ["e.css", "z", "not ((a: b) or (c: d))", "print"],
    ],
  );
});

test("behind a rule an import has no effect", () => {
  assert.deepEqual(heads('a { color: red } @import "a.css";'), []);
  assert.deepEqual(heads('@layer a { } @import "a.css";'), []);
});

test("an import is whole, to its semicolon or the end", () => {
  const text = '@import /* why */ "a;b.css" /* ; */ screen; a { }';
  const [{ start, end, url, media }] = leadingImports(text);
  assert.deepEqual([text.slice(start, end), url, media], [text.slice(0, -6), "a;b.css", "screen"]);
  assert.equal(leadingImports("@import 'a.css'")[0].end, 15);
});
