// The parsers of parsing.js, read when they are first wanted: every frame would pay for them else.
//
//   parsers()          {parseScript, lexModule, selectorParser}
//   provide(parsers)   where there is no server to ask, as in tests

/** @typedef {typeof import("./parsing.js")} Parsers */

const PATH = "/__fanreel__/parsers.js";

/** @type {Parsers | null} */
let known = null;

/** @param {Parsers} parsers */
export function provide(parsers) {
  known = parsers;
}

/** @returns {Parsers} */
export function parsers() {
  known ??= load();
  return known;
}

// At once, as assets.js reads the files that are to be parsed.
/** @returns {Parsers} */
function load() {
  const call = new XMLHttpRequest();
  call.open("GET", location.origin + PATH, false);
  call.send();
  if (call.status !== 200) throw new Error(`${PATH}: HTTP ${call.status}`);
  return new Function(`${call.responseText}\nreturn fanreelParsers;`)();
}
