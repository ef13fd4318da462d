// The media of the document: videos, sounds and animated images, on the root's timeline.
//
//   await describe()   [{key, kind, src, startS, durationS, offsetS, rate, ...}], see below
//   unplayed()         what the page shows or plays in ways that get no frames, in words
//   setMediaInfo({key: {durationS, width, height}})   what the planner has probed

import { clips } from "./clips.js";
import { plays } from "./image_plays.js";
import { clear } from "./media_errors.js";
import { keepFacts } from "./media_facts.js";
import { elements, sourceOf } from "./media_keys.js";
import { nameOf } from "./naming.js";
import { isImage } from "./nodes.js";
import { naming } from "./problems.js";
import * as ramps from "./ramps.js";
import { ownRealm, realms } from "./realm.js";
import { isMuted, strip } from "./sound_desk.js";
import * as styleImages from "./style_images.js";
import { turned, volumeOf } from "./volumes.js";

// ---- times -----------------------------------------------------------------------------------------
/** @import { Medium, Facts, Ramp } from "./types.d.ts" */

/** @param {number} value */
const tidy = (value) => Math.round(value * 1e9) / 1e9;

// A medium without data-start runs in the time of what is around it, from there on.
/** @param {Medium} element */
function placeOf(element) {
  const clip = clips.all.find((item) => item.element === element);
  const host = element.parentElement?.closest("[data-composition-id],[data-composition-src]");
  const around = host && clips.compositions.get(host);
  const fromS = around?.startS ?? 0;
  const untilS = around?.endS ?? Infinity;
  if (clip) {
    const localRate = around?.rate ?? 1;
    const { startS, endS, offsetS } = clip;
    return { startS, endS, offsetS, rate: clip.rate * localRate, localRate, fromS, untilS };
  }
  const axis = clips.axisOf(element);
  return {
    startS: axis.zeroMs / 1000,
    endS: Infinity,
    offsetS: 0,
    rate: axis.rate,
    localRate: axis.rate,
    fromS,
    untilS,
  };
}

// Cut to the window of the host: a host that starts inside the clip skips its beginning.
// Along a ramp the source is counted from the clip's own start, wherever that was cut.
/**
 * @param {Medium} element
 * @param {Ramp | null} ramp
 */
function timesOf(element, ramp) {
  const { startS, endS, offsetS, rate, localRate, fromS, untilS } = placeOf(element);
  const start = Math.max(startS, fromS, 0);
  const end = Math.min(endS, untilS);
  return {
    startS: tidy(start),
    durationS: Number.isFinite(end) ? tidy(Math.max(end - start, 0)) : null,
    offsetS: tidy(ramp ? offsetS : offsetS + (start - startS) * rate),
    rate: tidy(rate),
    ramp,
    laneStartS: tidy(startS),
    laneRate: tidy(localRate),
  };
}

// A video is muted for a browser's preview; that it is meant to be heard says data-has-audio. One
// that is not muted is heard if it has a sound at all.
/** @param {HTMLMediaElement} element */
function isAudible(element) {
  const { defaultMuted: muted } = element;
  if (element instanceof HTMLAudioElement) return !muted;
  const says = element.getAttribute("data-has-audio");
  return says === "true" || (says !== "false" && !muted);
}

/**
 * @param {string} key
 * @param {Medium} element
 */
async function describeOne(key, element) {
  const src = sourceOf(element);
  if (!src) return null;
  /** @type {number | null} */
  const times = isImage(element) ? await plays(src) : null;
  if (times === 0) return null;
  const common = {
    key,
    src,
    ...strip(element),
    ...timesOf(element, ramps.of(element)),
    volume: volumeOf(element),
  };
  if (isImage(element)) {
    const loop = times !== null && times > 1;
    return { ...common, kind: "image", loop, shown: true, volumes: null, audible: false };
  }
  const { localName: kind, loop } = element;
  const audible = isAudible(element) && !isMuted(element);
  const volumes = turned.get(element) ?? null;
  return { ...common, kind, loop, shown: kind !== "audio", volumes, audible };
}

export async function describe() {
  clear();
  const found = await Promise.all(
    [...elements()].map(([key, element]) => describeOne(key, element)),
  );
  found.push(...(await styleImages.describe()));
  return found.filter((item) => item !== null && item.durationS !== 0);
}

// ---- what is not played ------------------------------------------------------------------------
export function unplayed() {
  const all = [...mediaInFrames(), ...captions()];
  return [...new Map(all.map((item) => [item.message, item])).values()];
}

function* mediaInFrames() {
  for (const realm of realms()) {
    if (realm === ownRealm) continue;
    for (const element of realm.document.querySelectorAll("video, audio")) {
      const page = realm.window.location.pathname.slice(1);
      yield naming(
        "media-in-iframe",
        element,
        `${realm.nameOf(element)} of ${page} is inside an iframe, where media neither show nor sound; put it into the composition itself`,
      );
    }
  }
}

function* captions() {
  /** @type {NodeListOf<HTMLMediaElement>} */
  const media = document.querySelectorAll("video, audio");
  for (const element of media) {
    if (element.querySelector(":scope > track")) {
      yield naming(
        "captions",
        element,
        `${nameOf(element)} has a <track>, which is not shown and tells scripts nothing; show its texts as clips with data-start`,
      );
    }
    if (element.srcObject) {
      yield naming(
        "live-stream",
        element,
        `${nameOf(element)} shows a live stream (srcObject), which has no frames to show; give it a file as src`,
      );
    }
  }
}

/** @param {Record<string, Facts>} probed */
export function setMediaInfo(probed) {
  keepFacts(probed);
  clips.invalidate();
}
