// What the page declares of its sounds besides where they are: effects, volumes over time, groups.
//
//   strip(element)     {group, fxChain, automation} of a video or audio; null where unsaid
//   isMuted(element)   whether data-hidden takes it, or its group, out of the mix
//   describe()         {audioGroups, master}: strips of every <hf-audio-group> and the root
//
// The attributes are given as written: the planner reads them. A strip's lanes count seconds from
// laneStartS of the root's timeline, at laneRate of their own seconds to one of the root's.

import { clips } from "./clips.js";
import * as lookups from "./lookups.js";
import { nameOf } from "./naming.js";
import { volumeOf } from "./volumes.js";

const GROUP = "hf-audio-group";

/** @param {Element} element */
const asWritten = (element) => ({
  element: nameOf(element),
  fxChain: element.getAttribute("data-fx-chain"),
  automation: element.getAttribute("data-automation"),
});

/** @param {Element} element */
function strip(element) {
  return { ...asWritten(element), group: element.getAttribute("data-audio-group") || null };
}

// Of two with one id the first counts, as for any look-up by id.
const groups = () =>
  lookups.outside(() => {
    /** @type {Map<string, Element>} */
    const named = new Map();
    for (const group of document.querySelectorAll(GROUP)) {
      if (group.id && !named.has(group.id)) named.set(group.id, group);
    }
    return named;
  });

/** @param {Element} element */
function isMuted(element) {
  const name = element.getAttribute("data-audio-group");
  const group = name === null ? null : groups().get(name);
  return element.hasAttribute("data-hidden") || group?.hasAttribute("data-hidden") === true;
}

function describe() {
  const root = clips.rootElement();
  const onRootTime = { laneStartS: 0, laneRate: 1 };
  return {
    audioGroups: [...groups()].map(([id, group]) => ({
      id,
      volume: volumeOf(group),
      ...asWritten(group),
      ...onRootTime,
    })),
    // The master has no lanes.
    master: root && { ...asWritten(root), automation: null, ...onRootTime },
  };
}

export { describe, isMuted, strip };
