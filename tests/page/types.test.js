// The page's modules say the types that tsc cannot find out (noImplicitAny).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("what is handed to a module of the page has a type", () => {
  const { stdout, error } = spawnSync(
    "node_modules/.bin/tsc",
    ["--project", ".", "--noImplicitAny", "true", "--pretty", "false"],
    { encoding: "utf8" },
  );
  assert.equal(error, undefined);
  // The preview's own page does not, yet.
  const lines = stdout.split("\n").filter((line) => line.startsWith("src/fanreel/page/"));
  assert.deepEqual(lines, []);
});
