// The lanes of a timeline, from what the page says of itself; without any element.
//
//   lanesOf(described)    [{key, depth, parent, label, kind, clips: [{key, label, kind, startS,
//                         endS, media, mounts}]}], parents before children
//
// Clips of one track that do not overlap share a lane. A nested composition is a lane of its own,
// below which its clips are.

/** @import { Clip, Described, Lane, LaneClip, Played } from "./types.d.ts" */

// As naming.js names elements: what tells one from its neighbours, without what all have.
/** @param {string} element */
export function labelOf(element) {
  const composition = /\[data-composition-id="(.*)"\]$/.exec(element);
  if (composition) return composition[1];
  const [, name, , nth] = /(?:^#\S+ )?([^\s:]+)(:nth\((\d+)\))?$/.exec(element) ?? [null, element];
  const plain = name.replace(/\.clip(?=\.|$)/, "").replace(/^\w+(?=[#.])/, "");
  return nth ? `${plain} ${nth}` : plain;
}

/**
 * @param {Clip} clip
 * @param {Map<string | null, Played>} media
 * @returns {LaneClip}
 */
function clipOf(clip, media) {
  const { key, element, kind, startS, durationS, mounts } = clip;
  const played = media.get(clip.media);
  return {
    ...{ key, kind, startS, mounts },
    label: labelOf(element),
    element,
    endS:
      durationS === null
        ? played
          ? played.startS + (played.durationS ?? 0)
          : null
        : startS + durationS,
    media: played ? played.key : null,
  };
}

/**
 * @param {LaneClip} clip
 * @param {Lane} lane
 */
const overlaps = (clip, lane) =>
  lane.clips.some(
    (other) => clip.startS < (other.endS ?? Infinity) && other.startS < (clip.endS ?? Infinity),
  );

/**
 * @param {Lane[]} lanes
 * @param {LaneClip} clip
 * @param {Pick<Lane, "depth" | "parent" | "track">} place
 */
function addTo(lanes, clip, { depth, parent, track }) {
  const alone = clip.mounts !== null || clip.media !== null;
  const found = alone
    ? undefined
    : lanes.find((lane) => lane.isShared && lane.track === track && !overlaps(clip, lane));
  if (found) {
    found.clips.push(clip);
    found.label = `Track ${track}`;
    return;
  }
  lanes.push({
    ...{ depth, parent, track, label: clip.label, kind: clip.kind, clips: [clip] },
    key: clip.key,
    isShared: !alone && track !== null,
    holds: 0,
  });
}

/** @param {Pick<Described, "clips" | "media">} described */
export function lanesOf(described) {
  /** @type {Map<string | null, Played>} */
  const media = new Map(described.media.map((item) => [item.key, item]));
  /** @type {Map<string | null, Clip[]>} */
  const byInstance = new Map();
  for (const clip of described.clips) {
    byInstance.set(clip.inside, [...(byInstance.get(clip.inside) ?? []), clip]);
  }
  /** @type {Lane[]} */
  const all = [];
  /** @type {(instance: string | null, depth: number, parent: string | null) => void} */
  const visit = (instance, depth, parent) => {
    /** @type {Lane[]} */
    const lanes = [];
    for (const raw of byInstance.get(instance) ?? []) {
      const clip = clipOf(raw, media);
      addTo(lanes, clip, { depth, parent, track: raw.track });
    }
    for (const lane of lanes) {
      all.push(lane);
      const { mounts } = lane.clips[0];
      lane.holds = mounts === null ? 0 : (byInstance.get(mounts)?.length ?? 0);
      if (lane.holds > 0) visit(mounts, depth + 1, lane.key);
    }
  };
  visit(null, 0, null);
  return all;
}

// Whether every lane around *lane* is open.
/**
 * @param {Lane} lane
 * @param {Lane[]} lanes
 * @param {Set<string>} open
 */
export function isVisible(lane, lanes, open) {
  for (let key = lane.parent; key !== null; ) {
    if (!open.has(key)) return false;
    key = lanes.find((other) => other.key === key)?.parent ?? null;
  }
  return true;
}
