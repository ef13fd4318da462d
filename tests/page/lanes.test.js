// Lanes of the preview's timeline, and its times.
import assert from "node:assert/strict";
import { test } from "node:test";
import { isVisible, labelOf, lanesOf } from "../../src/fanreel/preview/ui/lanes.js";
import { clockText, rateOf, ticks } from "../../src/fanreel/preview/ui/times.js";

const clip = (key, startS, durationS, more = {}) => ({
  ...{ key, element: `div#${key}`, kind: "element", startS, durationS, track: 0 },
  ...{ inside: null, mounts: null, media: null },
  ...more,
});

test("clips of one track that follow each other share a lane", () => {
  const clips = [clip("a", 0, 2), clip("b", 2, 2), clip("c", 3, 2), clip("d", 0, 1, { track: 1 })];
  const lanes = lanesOf({ clips, media: [] });
  assert.deepEqual(
    lanes.map((lane) => lane.clips.map(({ key }) => key)),
    [["a", "b"], ["c"], ["d"]],
  );
  assert.equal(lanes[0].label, "Track 0");
  assert.equal(lanes[1].label, "#c");
});

test("a nested composition holds the lanes of its clips, and they show when it is open", () => {
  const clips = [
    clip("host", 1, 4, { kind: "composition", mounts: "n1" }),
    clip("inner", 1, 2, { inside: "n1", kind: "composition", mounts: "n2" }),
    clip("innermost", 1, 1, { inside: "n2" }),
  ];
  const lanes = lanesOf({ clips, media: [] });
  assert.deepEqual(
    lanes.map(({ key, depth, holds }) => [key, depth, holds]),
    [
      ["host", 0, 1],
      ["inner", 1, 1],
      ["innermost", 2, 0],
    ],
  );
  const seen = (open) => lanes.filter((lane) => isVisible(lane, lanes, new Set(open))).length;
  assert.equal(seen([]), 1);
  assert.equal(seen(["host"]), 2);
  assert.equal(seen(["inner"]), 1);
  assert.equal(seen(["host", "inner"]), 3);
});

test("media have lanes of their own and end with their source", () => {
  const media = [{ key: "m0", startS: 1, durationS: 3.5 }];
  const clips = [clip("v", 1, null, { kind: "video", media: "m0" }), clip("a", 6, 1)];
  const [video, other] = lanesOf({ clips, media });
  assert.equal(video.clips[0].endS, 4.5);
  assert.equal(video.clips[0].media, "m0");
  assert.deepEqual(
    other.clips.map(({ key }) => key),
    ["a"],
  );
});

test("labels leave out what all clips have", () => {
  assert.equal(labelOf("section#page"), "#page");
  assert.equal(labelOf('div[data-composition-id="strip-0"]'), "strip-0");
  assert.equal(labelOf("#tide p.caption.clip:nth(2)"), ".caption 2");
  assert.equal(labelOf("p.clip"), "p");
});

test("times read like a clock", () => {
  assert.equal(clockText(0), "0:00.000");
  assert.equal(clockText(92.34), "1:32.340");
  assert.equal(clockText(59.9996), "1:00.000");
  assert.equal(rateOf("30000/1001").toFixed(3), "29.970");
  assert.deepEqual(ticks(3, 4), [0, 1, 2, 3]);
  assert.deepEqual(ticks(1, 20).slice(0, 3), [0, 0.1, 0.2]);
});
