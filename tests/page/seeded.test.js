// Pages and workers draw the same numbers from the same seed and time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { hash, makeGenerator, startOf } from "../../src/fanreel/page/seeded.js";

function draw(base, ms) {
  const { next, reseed } = makeGenerator(base);
  reseed(ms);
  return [next(), next(), next()];
}

test("a seed and a time give their numbers, whatever was drawn before", () => {
  const { next, reseed } = makeGenerator(hash("0"));
  const first = draw(hash("0"), 40);
  next();
  reseed(40);
  assert.deepEqual([next(), next(), next()], first);
  assert.notDeepEqual(draw(hash("0"), 80), first);
  assert.notDeepEqual(draw(hash("1"), 40), first);
});

test("the numbers are those that renders were made with", () => {
  assert.deepEqual(draw(hash("0", startOf("0")), 0), [2177295120, 3103997322, 1512613885]);
  assert.deepEqual(draw(hash("0  /worker.js"), 1000 / 30), [2627490923, 2486910921, 2156658076]);
});
