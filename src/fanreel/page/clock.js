// Virtual time: the page's only clock is the frame's time.
//
//   clock.now                   ms of the frame shown; 0 while the page loads
//   clock.loading               no frame has been asked for yet
//   clock.advanceTo(ms)         moves the clock; a promise when page code ran that may have
//                               queued promise jobs, else undefined
//   clock.runFrames()           runs the requested animation frame callbacks once
//   clock.rest()                a promise for the end of what the page's last task left behind
//   clock.turn()                a promise for the next real task: promise jobs are done by then
//   clock.schedule(due, run)    an own task at a virtual time; gives {cancel()}
//   clock.pumpTimer(ms)         readiness only: runs the next timer early
//   clock.sources               tasks from elsewhere
//
// How it moves is in virtual_clock.js.

import { real } from "./real.js";
import { config, isRoot, realms, root } from "./realm.js";
import { makeTurns } from "./turns.js";
import { makeClock } from "./virtual_clock.js";

function makeRootClock() {
  return makeClock({
    turn: makeTurns(new real.MessageChannel(), real.postMessage),
    realms,
    frameMs: (1000 * (config.fpsDen ?? 1)) / (config.fpsNum ?? 30),
    epochMs: config.epochMs ?? 0,
    tasksPerSeek: config.tasksPerSeek ?? 200_000,
  });
}

/** @type {ReturnType<typeof makeClock>} */
export const clock = isRoot ? makeRootClock() : root.clock;
