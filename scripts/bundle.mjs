// Bundles the page's modules, one script for each realm they run in, and those of the preview.
// Called by scripts/bundle.
//
// Only white space is taken out: names of functions and classes are seen by pages, in messages and
// in stacks. A file that is missing, or that does not bring what is asked of it, ends it.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";

const FOLDERS = {
  "src/fanreel/page": {
    page: "main.js",
    parsers: "parsing.js",
    worker: "worker_clock.js",
    shell: "shell.js",
    frames: "frame_worker.js",
    preview_shell: "preview_shell.js",
  },
  "src/fanreel/preview/ui": { app: "app.js" },
};

// A worker may be given the script twice: with its file, and by the page that starts it.
const ONCE_IN_A_WORKER =
  'if (typeof WorkerGlobalScope !== "undefined" && globalThis.__fanreelTick === undefined) {';
const AROUND = { worker: [ONCE_IN_A_WORKER, "}"] };

// As page/bundles.py counts it.
function digestOfSources(folder) {
  const digest = createHash("sha256");
  for (const name of readdirSync(folder)
    .filter((file) => file.endsWith(".js"))
    .sort()) {
    digest
      .update(`${name}\0`)
      .update(readFileSync(join(folder, name)))
      .update("\0");
  }
  return digest.digest("hex");
}

// A render that goes on meanwhile reads the old file or the new one.
function put(target, name, content) {
  const aside = join(target, `.${name}.${process.pid}`);
  writeFileSync(aside, content);
  renameSync(aside, join(target, name));
}

const packageOf = (input) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1];

// Their licences ask that they go wherever the code goes.
function licences(names) {
  return names
    .map((name) => {
      const folder = join("node_modules", name);
      const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      const file = readdirSync(folder).find((found) => /^licen[cs]e/i.test(found));
      if (!file) throw new Error(`${name} brings no licence text`);
      const text = readFileSync(join(folder, file), "utf8").trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    })
    .join(`\n${"-".repeat(80)}\n\n`);
}

async function bundle(folder, entries) {
  const target = join(folder, "bundle");
  const sources = digestOfSources(folder);
  const bundled = new Set();
  mkdirSync(target, { recursive: true });
  for (const [name, entry] of Object.entries(entries)) {
    const [banner, footer] = AROUND[name] ?? ["", ""];
    const { metafile, outputFiles } = await esbuild.build({
      entryPoints: [join(folder, entry)],
      write: false,
      bundle: true,
      format: "iife",
      target: "chrome140",
      charset: "utf8",
      legalComments: "none",
      minify: name === "parsers", // nobody sees the names in there
      minifyWhitespace: true,
      globalName: name === "parsers" ? "fanreelParsers" : undefined,
      metafile: true,
      banner: { js: banner },
      footer: { js: footer },
      logLevel: "warning",
      logOverride: { "import-is-undefined": "error", "assign-to-import": "error" },
    });
    put(target, `${name}.js`, outputFiles[0].contents);
    for (const input of Object.keys(metafile.inputs)) bundled.add(packageOf(input));
  }
  const packages = [...bundled].filter(Boolean).sort();
  if (packages.length > 0) put(target, "third_party.txt", licences(packages));
  put(target, "sources.sha256", `${sources}\n`);
}

for (const [folder, entries] of Object.entries(FOLDERS)) await bundle(folder, entries);
