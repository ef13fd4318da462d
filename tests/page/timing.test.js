// When clips begin and end, from their attributes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { show } from "./browser.js";

const timing = await import("../../src/fanreel/page/timing.js");

const root = (inner) => `<main data-composition-id="main">${inner}</main>`;

function read(inner) {
  show(root(inner));
  const found = timing.read();
  const clips = Object.fromEntries(
    found.all.map(({ element, startFrame, endFrame }) => [element.id, [startFrame + 0, endFrame]]),
  );
  return { ...found, clips };
}

test("a clip shows in the frames that begin in its time", () => {
  const { clips } = read(
    '<p id="a" data-start="0" data-duration="1"></p>' +
      '<p id="b" data-start="0.51" data-duration="0.1"></p>' +
      '<p id="c" data-start="1"></p>',
  );
  assert.deepEqual(clips, { a: [0, 30], b: [16, 19], c: [30, Infinity] });
});

test("0.1 and 0.2 end on the frame that 0.3 begins on", () => {
  const { clips } = read(
    '<p id="a" data-start="0.1" data-duration="0.2"></p><p id="b" data-start="0.3"></p>',
  );
  assert.equal(clips.a[1], clips.b[0]);
});

test("a start after another clip, and seconds more or less", () => {
  const { clips, errors } = read(
    '<p id="a" data-start="1" data-duration="2"></p>' +
      '<p id="b" data-start="a" data-duration="1"></p>' +
      '<p id="c" data-start="a + 0.5"></p><p id="d" data-start="b - 0.5"></p>',
  );
  assert.deepEqual(clips.b, [90, 120]);
  assert.deepEqual([clips.c[0], clips.d[0]], [105, 105]);
  assert.deepEqual(errors, []);
});

test("a name with a hyphen is a name", () => {
  const { clips } = read(
    '<p id="a-1" data-start="0" data-duration="1"></p><p id="b" data-start="a-1"></p>',
  );
  assert.equal(clips.b[0], 30);
});

test("clips that wait for each other are an error", () => {
  const { errors } = read(
    '<p id="a" data-start="b" data-duration="1"></p><p id="b" data-start="a" data-duration="1"></p>',
  );
  assert.ok(errors.some(({ message }) => message.includes("depends on itself")));
});

test("a start that is no clip is an error that says so", () => {
  const { errors } = read('<p id="a" data-start="nobody"></p>');
  assert.equal(errors[0].element, "p#a");
  assert.match(errors[0].message, /^data-start refers to "nobody", which is no clip/);
});

test("an inner composition runs at its own rate, from its own start", () => {
  const { clips, compositions } = read(
    '<div id="inner" data-composition-id="inner" data-start="2" data-duration="4" ' +
      'data-playback-rate="2" data-playback-start="1"><p id="a" data-start="3" ' +
      'data-duration="2"></p></div>',
  );
  assert.deepEqual(clips, { inner: [60, 180], a: [90, 120] });
  const [, inner] = compositions.values();
  assert.deepEqual([inner.zeroS, inner.rate, inner.endS], [1.5, 2, 6]);
});

test("two clips of one track may not show together", () => {
  const { warnings } = read(
    '<p id="a" data-start="0" data-duration="2" data-track-index="1"></p>' +
      '<p id="b" data-start="1" data-duration="2" data-track-index="1"></p>',
  );
  assert.deepEqual(
    warnings.map(({ rule, message }) => [rule, message]),
    [["track-overlap", 'p#a and p#b overlap on track 1 of composition "main"']],
  );
});

test("an image without a length shows for three seconds", () => {
  assert.deepEqual(read('<img id="a" data-start="1">').clips.a, [30, 120]);
});
