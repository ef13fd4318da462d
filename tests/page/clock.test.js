// The clock moves when it is told to, and what falls due runs at its own time.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { makeTurns } from "../../src/fanreel/page/turns.js";
import { makeClock } from "../../src/fanreel/page/virtual_clock.js";

let channel;
let clock;
let realm;
let log;

beforeEach(() => {
  channel = new MessageChannel();
  log = [];
  realm = { window: globalThis, report: (error) => log.push(error.message) };
  globalThis.__fanreel = realm;
  clock = makeClock({
    turn: makeTurns(channel),
    realms: () => [realm],
    frameMs: 1000 / 30,
    epochMs: 0,
    tasksPerSeek: 100,
  });
});

afterEach(() => channel.port1.close());

const note = (name) => () => log.push([name, clock.now]);
const after = (ms, name, then = () => {}) =>
  clock.addTimer(realm, () => [note(name)(), then()], ms, [], false);

async function seek(ms) {
  clock.loading = false;
  await clock.advanceTo(ms);
}

test("timers run in the order in which they fall due, each at its own time", async () => {
  after(300, "late");
  after(100, "early");
  after(100, "twin");
  clock.clearTimer(after(50, "never"));
  await seek(200);
  assert.deepEqual(log, [
    ["early", 100],
    ["twin", 100],
  ]);
  assert.equal(clock.now, 200);
  await seek(1000);
  assert.deepEqual(log.at(-1), ["late", 300]);
});

test("what a timer starts falls due on the same way", async () => {
  after(100, "outer", () => after(50, "inner"));
  await seek(150);
  assert.deepEqual(log.at(-1), ["inner", 150]);
});

test("an interval repeats, and from the sixth nested timer on 4 ms is the shortest", async () => {
  clock.addTimer(realm, note("tick"), 100, [], true);
  await seek(350);
  assert.deepEqual(
    log.map(([, at]) => at),
    [100, 200, 300],
  );
  const times = [];
  const chain = () => {
    times.push(clock.now - 350);
    if (times.length < 9) clock.addTimer(realm, chain, 0, [], false);
  };
  clock.addTimer(realm, chain, 0, [], false);
  await seek(399);
  assert.deepEqual(times, [0, 0, 0, 0, 0, 0, 4, 8, 12]);
});

test("time does not move while the page loads, and goes back without running anything", async () => {
  after(100, "timer");
  await clock.turn();
  assert.deepEqual([clock.now, log], [0, []]);
  await seek(200);
  await seek(50);
  assert.deepEqual([clock.now, log.length], [50, 1]);
});

test("promise jobs of one timer are done before the next", async () => {
  clock.addTimer(realm, async () => [log.push("a1"), await 0, log.push("a2")], 10, [], false);
  clock.addTimer(realm, () => log.push("b"), 10, [], false);
  await seek(10);
  assert.deepEqual(log, ["a1", "a2", "b"]);
});

test("frame callbacks run once a seek; a loop runs every 450 ms of a jump", async () => {
  const loop = () => {
    log.push(Math.round(clock.now));
    clock.requestFrame(realm, loop);
  };
  clock.loading = false;
  clock.requestFrame(realm, loop);
  await clock.advanceTo(2000);
  clock.runFrames();
  assert.deepEqual(log, [0, 33, 67, 517, 967, 1417, 1867, 2000]);
});

test("an error in a callback is reported, and time goes on", async () => {
  after(10, "before", () => {
    throw new Error("broken");
  });
  after(20, "behind");
  await seek(20);
  assert.deepEqual(log, [["before", 10], "broken", ["behind", 20]]);
});

test("timers without end are an error that says so", async () => {
  const again = () => clock.addTimer(realm, again, 0, [], false);
  again();
  await assert.rejects(seek(10_000), /more than 100 timer callbacks fell due before 10000 ms/);
});

test("a page that is not ready has its next timer run early, at 0", () => {
  after(500, "far");
  after(200, "near");
  assert.equal(clock.pumpTimer(1000), true);
  assert.deepEqual(log, [["near", 0]]);
  assert.equal(clock.pumpTimer(300), false);
});
