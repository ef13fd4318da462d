// The media of the document: videos, sounds and animated images, on the root's timeline.
//
//   F.mediaList.keyOf(element)   "m0", "m1", ...; also the attribute data-fanreel-media
//   F.mediaList.elements()       Map key -> element; gives keys to those that have none
//   await F.mediaList.describe() [{key, kind, src, startS, durationS, offsetS, rate, ...}], see below
//   F.mediaList.noteVolumes(frame)  while planning: remembers how loud scripts have set each medium
//   F.mediaList.volumeOf(element)  its data-volume, 1 unless said
//   F.mediaList.errors           [{element, message}], of the last describe()
//   F.mediaList.fileOf(url)  how a message names a file
//   await F.mediaList.plays(url) how often an image plays: 0 when it is still, 2 for more than once
//   F.mediaList.unplayed()  what the page shows or plays in ways that get no frames, in words
//   F.setMediaInfo({key: {durationS, width, height}})  what the planner has probed
//   F.media.durationS(element)   length of the source in seconds, null while unknown
//
// Every video, audio and img gets a key, in document order, whether or not it turns out to be
// animated: so planner and workers agree without looking into files. An element that a script adds
// later is named by what it shows, because it may be met in another order by another worker.
(() => {
  const F = globalThis.__fanreel;
  const { config } = F;
  const KEY = "data-fanreel-media";
  // +12 dB, the most that the format's gain goes up to (HyperFrames docs, html-schema): "about 3.981".
  const MOST_VOLUME = 10 ** (12 / 20);
  const info = new Map();
  const turned = new Map(); // element whose volume a script moves -> [[frame, volume], ...]
  let lastFrame = 0;
  let counted = false;
  let errors = [];

  // ---- keys --------------------------------------------------------------------------------------
  function nameLate(element) {
    const facts = [element.localName, sourceOf(element), element.getAttribute("data-start")];
    const parent = element.closest("[data-fanreel-host], [data-composition-id]");
    facts.push(parent?.getAttribute("data-fanreel-host") ?? parent?.dataset.compositionId);
    let hash = 2166136261;
    for (const char of facts.join("\0")) hash = Math.imul(hash ^ char.codePointAt(0), 16777619);
    const name = `m-${(hash >>> 0).toString(16)}`;
    const taken = document.querySelectorAll(`[${KEY}^="${name}"]`).length;
    return taken === 0 ? name : `${name}-${taken}`;
  }

  function elements() {
    return F.lookups.outside(listElements);
  }

  function listElements() {
    const found = new Map();
    let number = 0;
    for (const element of document.querySelectorAll("video, audio, img")) {
      let key = element.getAttribute(KEY);
      // A copy that a script made of a known element is another element.
      if (key === null || found.has(key)) {
        key = counted ? nameLate(element) : `m${number}`;
        element.setAttribute(KEY, key);
        if (element instanceof HTMLMediaElement && !turned.has(element)) {
          loudness.set.call(element, startingVolume(element));
        }
      }
      number += 1;
      found.set(key, element);
    }
    counted = true;
    return found;
  }

  function keyOf(element) {
    if (!element.hasAttribute(KEY)) elements();
    return element.getAttribute(KEY);
  }

  // ---- sources -------------------------------------------------------------------------------------
  function sourceOf(element) {
    if (element instanceof HTMLImageElement) return element.currentSrc || element.src || null;
    const own = element.getAttribute("src");
    if (own) return new URL(own, document.baseURI).href;
    const sources = [...element.querySelectorAll("source")].filter(
      (source) => source.getAttribute("src") && (!source.media || matchMedia(source.media).matches),
    );
    const playable = (source) => !source.type || element.canPlayType(source.type) !== "";
    return (sources.find(playable) ?? sources[0])?.src ?? null;
  }

  const has = (bytes, at, text) =>
    [...text].every((char, index) => bytes[at + index] === char.charCodeAt(0));
  const word = (bytes, at) => new DataView(bytes.buffer).getUint32(at);

  // How often an image plays: 0 when it is still, 1 once, 2 for more than once.
  function plays(bytes) {
    if (has(bytes, 0, "GIF8")) return gifPlays(bytes);
    if (has(bytes, 0, "RIFF") && has(bytes, 8, "WEBP")) return webpPlays(bytes);
    if (has(bytes, 1, "PNG\r\n")) return pngPlays(bytes);
    return has(bytes, 4, "ftypavis") ? 2 : 0;
  }

  function gifPlays(bytes) {
    const table = (flags) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
    let at = 13 + table(bytes[10]);
    let frames = 0;
    let repeats = false;
    while (at < bytes.length && bytes[at] !== 0x3b) {
      if (bytes[at] === 0x2c) {
        frames += 1;
        at += 11 + table(bytes[at + 9]);
      } else {
        repeats ||=
          bytes[at + 1] === 0xff &&
          has(bytes, at + 3, "NETSCAPE2.0") &&
          bytes[at + 16] + bytes[at + 17] !== 1;
        at += 2;
      }
      while (at < bytes.length && bytes[at] !== 0) at += bytes[at] + 1;
      at += 1;
    }
    if (frames < 2) return 0;
    return repeats ? 2 : 1;
  }

  function webpPlays(bytes) {
    if (!has(bytes, 12, "VP8X") || !(bytes[20] & 2)) return 0;
    for (let at = 30; at + 14 <= bytes.length; ) {
      if (has(bytes, at, "ANIM")) return bytes[at + 12] + bytes[at + 13] * 256 === 1 ? 1 : 2;
      const size = new DataView(bytes.buffer).getUint32(at + 4, true);
      at += 8 + size + (size & 1);
    }
    return 2;
  }

  function pngPlays(bytes) {
    for (let at = 8; at + 20 <= bytes.length; at += 12 + word(bytes, at)) {
      if (has(bytes, at + 4, "IDAT")) return 0;
      if (has(bytes, at + 4, "acTL")) return word(bytes, at + 12) === 1 ? 1 : 2;
    }
    return 0;
  }

  const looked = new Map();
  function lookInto(url) {
    if (!looked.has(url)) {
      const answer = F.real
        .fetch(url)
        .then(async (response) =>
          response.ok ? plays(new Uint8Array(await response.arrayBuffer())) : 0,
        )
        // Another origin's image may be shown but not read: its name has to do.
        .catch(() => (/\.gif([?#]|$)/i.test(url) ? 2 : 0));
      looked.set(url, answer);
    }
    return looked.get(url);
  }

  // ---- times -----------------------------------------------------------------------------------------
  const tidy = (value) => Math.round(value * 1e9) / 1e9;

  function fail(element, message) {
    F.about(element, `${F.nameOf(element)}: ${message}`);
    errors.push({ element: F.nameOf(element), message });
  }

  function volumeOf(element) {
    const value = readVolume(element);
    if (value !== null) return value;
    const text = element.getAttribute("data-volume").trim();
    fail(
      element,
      `data-volume="${text}" must be a number from 0 to 1 (up to ${MOST_VOLUME.toFixed(3)} boosts)`,
    );
    return 1;
  }

  // As data-volume has it, or null where that is no volume.
  function readVolume(element) {
    const text = element.getAttribute("data-volume")?.trim();
    if (!text) return 1;
    const value = Number(text);
    return Number.isFinite(value) && value >= 0 && value <= MOST_VOLUME ? value : null;
  }

  // ---- volume that scripts move --------------------------------------------------------------------
  // Fades start at what data-volume says, as in a browser's preview.
  const loudness = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "volume");
  const startingVolume = (element) => Math.min(readVolume(element) ?? 1, 1);

  Object.defineProperty(HTMLMediaElement.prototype, "volume", {
    ...loudness,
    set(value) {
      const before = loudness.get.call(this);
      loudness.set.call(this, value);
      if (loudness.get.call(this) === before || turned.has(this)) return;
      turned.set(this, [[lastFrame, before]]);
    },
  });

  function noteVolumes(frame) {
    if (config.media) return;
    lastFrame = frame;
    for (const [element, points] of turned) points.push([frame, loudness.get.call(element)]);
  }

  // A medium without data-start runs in the time of what is around it, from there on.
  function placeOf(element) {
    const clip = F.clips.all.find((item) => item.element === element);
    const around = F.clips.compositions.get(
      element.parentElement?.closest("[data-composition-id],[data-composition-src]"),
    );
    const fromS = around?.startS ?? 0;
    const untilS = around?.endS ?? Infinity;
    if (clip) {
      const localRate = around?.rate ?? 1;
      const { startS, endS, offsetS } = clip;
      return { startS, endS, offsetS, rate: clip.rate * localRate, localRate, fromS, untilS };
    }
    const axis = F.clips.axisOf(element);
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
  function isAudible(element, muted) {
    const says = element.getAttribute("data-has-audio");
    if (element instanceof HTMLAudioElement) return !muted;
    return element instanceof HTMLVideoElement && (says === "true" || (says !== "false" && !muted));
  }

  async function describeOne(key, element) {
    const kind = { VIDEO: "video", AUDIO: "audio", IMG: "image" }[element.tagName];
    const src = sourceOf(element);
    if (!src) return null;
    const times = kind === "image" ? await lookInto(src) : null;
    if (times === 0) return null;
    const muted = element.defaultMuted === true;
    return {
      key,
      kind,
      src,
      ...F.soundDesk.strip(element),
      ...timesOf(element, F.ramps.of(element)),
      volume: volumeOf(element),
      volumes: turned.get(element) ?? null,
      loop: kind === "image" ? times > 1 : element.loop,
      muted,
      audible: isAudible(element, muted) && !F.soundDesk.isMuted(element),
      shown: kind !== "audio",
    };
  }

  async function describe() {
    errors = [];
    const found = await Promise.all(
      [...elements()].map(([key, element]) => describeOne(key, element)),
    );
    found.push(...(await F.styleImages.describe()));
    return found.filter((item) => item !== null && item.durationS !== 0);
  }

  // ---- what is not played ------------------------------------------------------------------------
  const unplayed = () => [...new Set([...mediaInFrames(), ...captions()])];

  const fileOf = (url) =>
    url.startsWith("data:") ? "an image in a data: URL" : url.replace(`${location.origin}/`, "");

  function* mediaInFrames() {
    for (const realm of F.realms()) {
      if (realm === F) continue;
      for (const element of realm.document.querySelectorAll("video, audio")) {
        const page = realm.window.location.pathname.slice(1);
        yield F.about(
          element,
          `${realm.nameOf(element)} of ${page} is inside an iframe, where media neither show nor sound; put it into the composition itself`,
        );
      }
    }
  }

  function* captions() {
    for (const element of document.querySelectorAll("video, audio")) {
      if (element.querySelector(":scope > track")) {
        yield F.about(
          element,
          `${F.nameOf(element)} has a <track>, which is not shown and tells scripts nothing; show its texts as clips with data-start`,
        );
      }
      if (element.srcObject) {
        yield F.about(
          element,
          `${F.nameOf(element)} shows a live stream (srcObject), which has no frames to show; give it a file as src`,
        );
      }
    }
  }

  function durationS(element) {
    const key = keyOf(element);
    return info.get(key)?.durationS ?? config.media?.[key]?.sourceDurationS ?? null;
  }

  F.setMediaInfo = (probed) => {
    for (const [key, facts] of Object.entries(probed)) info.set(key, facts);
    F.clips.invalidate();
  };
  F.media ??= {};
  F.media.durationS ??= durationS;
  F.mediaList = {
    keyOf,
    elements,
    describe,
    volumeOf,
    plays: lookInto,
    fileOf,
    noteVolumes,
    unplayed,
    get errors() {
      return errors;
    },
  };
})();
