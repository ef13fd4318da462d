// The page's modules say the types that tsc cannot find out (noImplicitAny).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

// They do not yet. A new module does; one that has come to do so leaves the list.
const UNTYPED = new Set(
  `
    preview_shell scoped_globals shell
  `
    .trim()
    .split(/\s+/),
);

const moduleOf = (line) => /^src\/fanreel\/page\/(\w+)\.js\(/.exec(line)?.[1];

test("what is handed to a module of the page has a type", () => {
  const { stdout, error } = spawnSync(
    "node_modules/.bin/tsc",
    ["--project", ".", "--noImplicitAny", "true", "--pretty", "false"],
    { encoding: "utf8" },
  );
  assert.equal(error, undefined);
  const lines = stdout.split("\n").filter(moduleOf);
  assert.deepEqual(
    lines.filter((line) => !UNTYPED.has(moduleOf(line))),
    [],
  );
  const found = new Set(lines.map(moduleOf));
  const typed = [...UNTYPED].filter((name) => !found.has(name));
  assert.deepEqual(typed, [], "take these out of UNTYPED");
});
