// Checks that the page's modules say the types that tsc cannot find out (noImplicitAny).
//
// Those of UNTYPED do not yet; a new one does. One that has come to do so leaves the list.
import { spawnSync } from "node:child_process";

const UNTYPED = new Set(
  `
  anime bindings compositing describe fonts generics grading grading_ascii grading_bleed
  grading_bloom grading_colour grading_crosshatch grading_cube grading_curves grading_dither
  grading_effects grading_engraving grading_finish grading_glitch grading_grain grading_images
  grading_inks grading_kuwahara grading_mono grading_table grading_tape grading_tube
  layers media modules nesting readiness resources runtimes scope_css
  scoped_globals scoped_gsap scoped_realm scripts selectors shell style_images
  svg_images svg_stills timelines vfx vfx_noise vfx_values vfx_warp video_substitutes
  worker_clock workers
`
    .trim()
    .split(/\s+/),
);

const { stdout, error } = spawnSync(
  "node_modules/.bin/tsc",
  ["--project", ".", "--noImplicitAny", "true", "--pretty", "false"],
  { encoding: "utf8" },
);
if (error) throw error;

const moduleOf = (line) => /^src\/fanreel\/page\/(\w+)\.js\(/.exec(line)?.[1];
const errors = stdout.split("\n").filter((line) => /^\S/.test(line));
const found = new Set(errors.map(moduleOf));
const complaints = [
  ...errors.filter((line) => !UNTYPED.has(moduleOf(line))),
  ...[...UNTYPED]
    .filter((name) => !found.has(name))
    .map((name) => `${name}.js says its types: take it out of UNTYPED in scripts/typed.mjs`),
];
for (const complaint of complaints) console.log(complaint);
process.exit(complaints.length > 0 ? 1 : 0);
