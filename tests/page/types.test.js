// tsc asks every module for its types (tsconfig.json); here it is asked for them without a way out.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const UI = "src/fanreel/preview/ui";

test("no type of the preview's page is left open", () => {
  const wayOut = /@ts-(ignore|nocheck|expect-error)|[{<|(,:]\s*(any|Function|\*)\s*[}>|),[=;]/;
  const files = readdirSync(UI).filter((name) => /\.(js|d\.ts)$/.test(name));
  assert.ok(files.includes("types.d.ts") && files.includes("app.js"));
  for (const name of files) {
    const lines = readFileSync(`${UI}/${name}`, "utf8").split("\n");
    const types = name.endsWith(".d.ts") ? lines : lines.filter((line) => /\*|@ts-/.test(line));
    assert.deepEqual(
      types.filter((line) => wayOut.test(line)),
      [],
      name,
    );
  }
});
