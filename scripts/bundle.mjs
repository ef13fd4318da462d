// Bundles the page's modules: one script for each realm they run in. Called by scripts/bundle.
//
// Only white space is taken out: names of functions and classes are seen by pages, in messages and
// in stacks. A file that is missing, or that does not bring what is asked of it, ends it.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";

const PAGE = "src/fanreel/page";
const BUNDLE = join(PAGE, "bundle");
const ENTRIES = { page: "main.js", worker: "worker_clock.js", shell: "shell.js" };

// A worker may be given the script twice: with its file, and by the page that starts it.
const ONCE_IN_A_WORKER =
  'if (typeof WorkerGlobalScope !== "undefined" && globalThis.__fanreelTick === undefined) {';
const AROUND = { worker: [ONCE_IN_A_WORKER, "}"] };

// As page/bundles.py counts it.
function digestOfSources() {
  const digest = createHash("sha256");
  for (const name of readdirSync(PAGE)
    .filter((file) => file.endsWith(".js"))
    .sort()) {
    digest
      .update(`${name}\0`)
      .update(readFileSync(join(PAGE, name)))
      .update("\0");
  }
  return digest.digest("hex");
}

const sources = digestOfSources();
rmSync(BUNDLE, { recursive: true, force: true });
for (const [name, entry] of Object.entries(ENTRIES)) {
  const [banner, footer] = AROUND[name] ?? ["", ""];
  await esbuild.build({
    entryPoints: [join(PAGE, entry)],
    outfile: join(BUNDLE, `${name}.js`),
    bundle: true,
    format: "iife",
    target: "chrome140",
    charset: "utf8",
    legalComments: "none",
    minifyWhitespace: true,
    banner: { js: banner },
    footer: { js: footer },
    logLevel: "warning",
    logOverride: { "import-is-undefined": "error", "assign-to-import": "error" },
  });
}
writeFileSync(join(BUNDLE, "sources.sha256"), `${sources}\n`);
