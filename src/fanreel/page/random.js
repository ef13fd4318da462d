// Seeded chance: the same frame draws the same numbers in whatever order frames are asked for.
//
//   reseed(ms)   called by the clock before each task and each frame
//
// The seed is config.seed with the page's time; while the page loads, the time is 0 and numbers
// follow each other from there.

import { real } from "./real.js";
import { config } from "./realm.js";
import { hash, makeChance, startOf } from "./seeded.js";

const seed = String(config.seed ?? 0);

export const { reseed } = makeChance(hash(seed, startOf(seed)), real.getRandomValues);
