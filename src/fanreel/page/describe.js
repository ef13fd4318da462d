// What the planner has to know of a composition.
//
//   await describe()     {root, inferredDurationS, clips, media, audioGroups, master, errors, warnings,
//                        usesWebgl, timelines, fonts, fontNames, variables, instances}
//
// errors, warnings: as problems.js tells them.
//
// Times are seconds on the root's timeline. Called again after setMediaInfo(), it knows the
// length of media that say nothing of it themselves.

/** @import { Problem } from "./types.d.ts" */
/** @typedef {(rule: string, message: string) => void} Fail */
/** @typedef {Record<string, string>} Written Attributes as the file has them. */

import * as assets from "./assets.js";
import { clips } from "./clips.js";
import * as fonts from "./fonts.js";
import * as grading from "./grading.js";
import { instances, errors as nestingErrors, timelineOf } from "./instances.js";
import * as mediaErrors from "./media_errors.js";
import * as mediaList from "./media_list.js";
import { nameOf } from "./naming.js";
import { declared } from "./page_variables.js";
import { naming, problem, told } from "./problems.js";
import { realms } from "./realm.js";
import { rootAttributes } from "./root_attributes.js";
import * as soundDesk from "./sound_desk.js";
import * as timelines from "./timelines.js";
import * as vfx from "./vfx.js";

const MOST_PIXELS = 16384;
/** @param {number} value */
const tidy = (value) => Math.round(value * 1e9) / 1e9;

// ---- the root, as written -----------------------------------------------------------------------
/** @returns {Written | null | undefined} */
function writtenAttributes() {
  if (rootAttributes) return rootAttributes;
  const root = clips.rootElement();
  return root && Object.fromEntries([...root.attributes].map(({ name, value }) => [name, value]));
}

/** @param {Problem[]} errors */
function describeRoot(errors) {
  const written = writtenAttributes();
  if (!written) {
    const message =
      "no element has data-composition-id; write the root as " +
      '<div data-composition-id="main" data-width="1920" data-height="1080" data-duration="5">';
    errors.push(problem("no-root", null, message));
    return null;
  }
  /** @type {Fail} */
  const fail = (rule, message) => errors.push(problem(rule, clips.rootElement(), message));
  if (written["data-composition-id"].trim() === "") {
    fail("no-root", 'data-composition-id is empty; give the composition a name, such as "main"');
  }
  return {
    id: written["data-composition-id"],
    width: pixels(written, "data-width", fail),
    height: pixels(written, "data-height", fail),
    durationS: positive(written, "data-duration", "seconds, such as 5 or 7.5", fail),
    fps: rate(written, fail),
    noTimeline: "data-no-timeline" in written,
  };
}

/**
 * @param {Written} written
 * @param {string} name
 * @param {Fail} fail
 */
function pixels(written, name, fail) {
  const text = written[name];
  if (text === undefined || text.trim() === "") {
    fail(
      "bad-size",
      `${name} is missing; it is the frame's size in CSS pixels, such as ${name}="1080"`,
    );
    return null;
  }
  const value = Number(text.trim().replace(/px$/, ""));
  if (Number.isInteger(value) && value >= 1 && value <= MOST_PIXELS) return value;
  fail(
    "bad-size",
    `${name}="${text}" must be a whole number of CSS pixels from 1 to ${MOST_PIXELS}`,
  );
  return null;
}

// As text, so that 0.1 stays the decimal it was written as.
/**
 * @param {Written} written
 * @param {string} name
 * @param {string} what
 * @param {Fail} fail
 */
function positive(written, name, what, fail) {
  const text = written[name]?.trim();
  if (text === undefined || text === "") return null;
  const number = text.replace(/s$/, "");
  if (/^\+?(\d+\.?\d*|\.\d+)$/.test(number) && Number(number) > 0) return number;
  fail("bad-number", `${name}="${text}" must be a positive number of ${what}`);
  return null;
}

// A rational too: 30000/1001.
/**
 * @param {Written} written
 * @param {Fail} fail
 */
function rate(written, fail) {
  const text = written["data-fps"]?.trim();
  if (/^\d+\/0*[1-9]\d*$/.test(text ?? "")) return text;
  return positive(written, "data-fps", "frames per second, such as 30 or 30000/1001", fail);
}

// ---- clips --------------------------------------------------------------------------------------
function describeClips() {
  return clips.all.map((clip, index) => ({
    key: `c${index}`,
    element: nameOf(clip.element),
    composition: clip.composition ?? "",
    startS: clip.startS,
    durationS: clip.durationS,
    track: clip.track,
    kind: clip.kind,
  }));
}

function duplicates() {
  /** @type {ReturnType<typeof naming>[]} */
  const warnings = [];
  const seen = new Map();
  /** @type {(rule: string, element: Element, text: string) => void} */
  const warn = (rule, element, text) => warnings.push(naming(rule, element, text));
  for (const { element, owner } of clips.all) {
    if (element.id === "") continue;
    const ids = seen.get(owner) ?? seen.set(owner, new Set()).get(owner);
    if (ids.has(element.id)) {
      warn(
        "duplicate-id",
        element,
        `id "${element.id}" names two clips of composition "${owner.id}"; data-start means the first`,
      );
    }
    ids.add(element.id);
  }
  const root = clips.rootElement();
  const inline = instances().filter((instance) => instance.inline);
  for (const { host } of inline) {
    if (root?.contains(host) === false) {
      warn(
        "second-root",
        host,
        `${nameOf(host)} is a second root; only the first element with data-composition-id is rendered as one`,
      );
    }
  }
  const names = inline.map(({ id }) => id).concat(root?.getAttribute("data-composition-id") ?? []);
  for (const [id, { host }] of new Map(inline.map((instance) => [instance.id, instance]))) {
    if (names.indexOf(id) === names.lastIndexOf(id)) continue;
    warn(
      "duplicate-composition",
      host,
      `data-composition-id="${id}" is written twice; both would be played by window.__timelines["${id}"]`,
    );
  }
  return warnings;
}

// ---- duration -----------------------------------------------------------------------------------
// From what is registered, animated or timed; without any of it nothing says how long it takes.
/** @param {Iterable<any>} media */
function inferDuration(media) {
  const lengths = [...realms()].flatMap((realm) => [
    realm.timelines.durationS(),
    realm.animations.durationS(),
    realm.runtimes.durationS(),
  ]);
  const ends = lengths.filter((length) => length !== null);
  for (const { endS, owner } of clips.all) {
    ends.push(Math.min(endS, clips.compositions.get(owner.element)?.endS ?? Infinity));
  }
  for (const item of media) {
    if (item.durationS !== null && item.kind !== "image") ends.push(item.startS + item.durationS);
  }
  const finite = ends.filter((end) => Number.isFinite(end) && end > 0);
  return finite.length === 0 ? null : tidy(Math.max(...finite));
}

// ---- problems -----------------------------------------------------------------------------------
// A script that cannot be read, or fails before it has registered the timeline it speaks of, leaves
// a hole. One that fails otherwise leaves a composition that browsers show, and so do we.
/** @param {import("./types.d.ts").InstanceProblem} problem */
function leavesHole({ instance, isCode, isSyntax }) {
  if (!instance || !isCode || isSyntax) return true;
  return /__timelines/.test(instance.text) && timelineOf(instance) === null;
}

function nestingProblems() {
  const { errors = [], warnings = [] } = Object.groupBy(nestingErrors, (item) =>
    leavesHole(item) ? "errors" : "warnings",
  );
  return { errors, warnings };
}

async function describe() {
  /** @type {Problem[]} */
  const errors = [];
  const root = describeRoot(errors);
  const media = await mediaList.describe();
  const sound = soundDesk.describe();
  const nested = nestingProblems();
  const unplayed = mediaList.unplayed();
  return {
    root,
    inferredDurationS: inferDuration(media),
    clips: describeClips(),
    media,
    ...sound,
    errors: [...errors, ...nested.errors, ...clips.errors, ...mediaErrors.errors].map(told),
    warnings: [
      ...clips.warnings,
      ...nested.warnings,
      ...duplicates(),
      ...grading.describe(),
      ...vfx.describe(),
      ...unplayed,
    ].map(told),
    usesWebgl: [...realms()].some((realm) => realm.runtimes.usesWebgl),
    timelines: timelines.names(),
    fonts: fonts.describe(),
    fontNames: await describeNames(),
    variables: declared(),
    instances: instances().map(({ key, id, host, url, width, height, parent }) => ({
      key,
      id,
      element: nameOf(host),
      file: url === null ? null : assets.nameOf(url),
      width,
      height,
      parent: parent?.key ?? null,
    })),
  };
}

// After fonts.describe(), which notes the texts there are.
async function describeNames() {
  const found = await Promise.all([...realms()].map((realm) => realm.fontReport.report()));
  /** @type {(name: "asked" | "brought" | "used") => any[]} */
  const all = (name) => found.flatMap((/** @type {any} */ report) => report[name]);
  return {
    asked: all("asked"),
    brought: [...new Set(all("brought"))],
    used: [...new Set(all("used"))],
  };
}

export { describe };
