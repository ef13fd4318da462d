// The timeline: a ruler, lanes with clips, and the playhead that follows and leads the player.
//
//   new Timeline(player)
//   .show(described, plan)      the plan's media have pictures and sound
//   .mark(frame)                puts the playhead there

import { byId, make } from "./dom.js";
import { isVisible, lanesOf } from "./lanes.js";
import { get } from "./server.js";
import { clockText, ticks } from "./times.js";

/** @import { Player } from "./player.js" */
/** @import { Described, Lane, LaneClip, Plan, PlannedMedium } from "./types.d.ts" */

const PX_PER_TICK = 90;
const THUMBNAIL_PX = 96;
const MOST_THUMBNAILS = 24;

export class Timeline {
  box = byId("timeline");
  ruler = byId("ruler");
  list = byId("lanes");
  head = byId("playhead");
  scrubber = byId("scrubber");
  /** @type {Set<string>} */
  open = new Set();
  /** @type {Lane[]} */
  lanes = [];
  /** @type {Plan | null} */
  plan = null;
  durationS = 1;

  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.box.addEventListener("pointerdown", (event) => this.grab(event));
    this.scrubber.addEventListener("input", () => player.go(Number(this.scrubber.value)));
    new ResizeObserver(() => this.measure()).observe(this.box);
  }

  /**
   * @param {Described} described
   * @param {Plan | null} plan
   */
  show(described, plan) {
    this.lanes = lanesOf(described);
    this.plan = plan;
    this.durationS = this.player.total / this.player.fps;
    this.scrubber.max = String(this.player.total - 1);
    this.draw();
    this.mark(this.player.frame);
  }

  get gutter() {
    return Number.parseFloat(getComputedStyle(this.box).getPropertyValue("--gutter"));
  }

  measure() {
    const width = Math.max(this.box.clientWidth - this.gutter, 1);
    this.ruler.replaceChildren(
      ...ticks(this.durationS, width / PX_PER_TICK).map((second) => {
        const tick = make("i", { text: clockText(second).replace(/\.?0+$/, "") });
        tick.style.left = this.percent(second);
        return tick;
      }),
    );
    this.mark(this.player.frame);
  }

  /** @param {number} second */
  percent(second) {
    return `${(Math.min(Math.max(second / this.durationS, 0), 1) * 100).toFixed(4)}%`;
  }

  // ---- lanes -------------------------------------------------------------------------------------
  draw() {
    this.list.replaceChildren(
      ...this.lanes
        .filter((lane) => isVisible(lane, this.lanes, this.open))
        .map((lane) => this.lane(lane)),
    );
    if (this.lanes.length === 0) {
      this.list.append(
        make("p", { class: "empty", text: "No timed elements: the whole page plays." }),
      );
    }
    this.measure();
  }

  /** @param {Lane} lane */
  lane(lane) {
    const isOpen = this.open.has(lane.key);
    const name = make("div", { class: "name", title: lane.label });
    name.style.paddingLeft = `${8 + lane.depth * 14}px`;
    if (lane.holds > 0) {
      name.append(
        make("button", {
          type: "button",
          class: "unfold",
          "aria-expanded": String(isOpen),
          "aria-label": `${isOpen ? "Fold" : "Unfold"} ${lane.label}`,
          onclick: () => this.unfold(lane.key),
        }),
      );
    }
    name.append(make("span", { text: lane.label }));
    const row = make("div", { class: "row" }, ...lane.clips.map((clip) => this.clip(clip)));
    return make("div", { class: "lane", "data-kind": lane.kind, "data-lane": lane.key }, name, row);
  }

  /** @param {string} key */
  unfold(key) {
    if (!this.open.delete(key)) this.open.add(key);
    this.draw();
    const again = this.list.querySelector(`[data-lane="${key}"] .unfold`);
    /** @type {HTMLElement | null} */ (again)?.focus();
  }

  /** @param {LaneClip} clip */
  clip(clip) {
    const made = make("div", {
      class: "clip",
      "data-kind": clip.kind,
      title: `${clip.element}  ${clockText(clip.startS)} to ${clip.endS === null ? "the end" : clockText(clip.endS)}`,
    });
    const endS = clip.endS ?? this.durationS;
    made.style.left = this.percent(clip.startS);
    made.style.width = `calc(${this.percent(endS - Math.max(clip.startS, 0))} - 1px)`;
    const media = this.plan?.media.find((item) => item.key === clip.media);
    const query = { plan: this.plan?.hash.slice(0, 12) ?? "" };
    if (media?.shown && media.kind === "video") this.filmstrip(made, media, query);
    if (media?.audible) this.waveform(made, media, query);
    made.append(make("span", { text: clip.label }));
    return made;
  }

  /**
   * @param {HTMLElement} box
   * @param {PlannedMedium} media
   * @param {{plan: string}} plan
   */
  filmstrip(box, media, plan) {
    const strip = make("div", { class: "film" });
    const width = (this.box.clientWidth - this.gutter) * (media.durationS / this.durationS);
    const count = Math.min(Math.max(Math.floor(width / THUMBNAIL_PX), 1), MOST_THUMBNAILS);
    for (let index = 0; index < count; index += 1) {
      const atS = media.startS + (media.durationS * (index + 0.5)) / count;
      const query = new URLSearchParams({ at: atS.toFixed(3), ...plan });
      strip.append(
        make("img", { alt: "", loading: "lazy", src: `thumbnail/${media.key}?${query}` }),
      );
    }
    box.append(strip);
  }

  /**
   * @param {HTMLElement} box
   * @param {PlannedMedium} media
   * @param {{plan: string}} plan
   */
  async waveform(box, media, plan) {
    const canvas = make("canvas", { class: "wave" });
    box.append(canvas);
    const response = await get(`peaks/${media.key}?${new URLSearchParams(plan)}`);
    if (!response) return;
    /** @type {number[]} */
    const peaks = await response.json();
    const [width, height] = [Math.min(peaks.length, 2000) || 1, 60];
    canvas.width = width;
    canvas.height = height;
    const pen = canvas.getContext("2d");
    if (!pen) return;
    pen.fillStyle = getComputedStyle(canvas).color;
    peaks.slice(0, width).forEach((peak, x) => {
      const half = Math.max(Math.sqrt(peak) * (height / 2), 0.5);
      pen.fillRect(x, height / 2 - half, 1, half * 2);
    });
  }

  // ---- playhead ----------------------------------------------------------------------------------
  /** @param {number} frame */
  mark(frame) {
    const share = this.player.total > 1 ? frame / this.player.total : 0;
    this.head.style.left = `calc(var(--gutter) * 1px + (100% - var(--gutter) * 1px) * ${share})`;
    this.scrubber.value = String(frame);
    this.scrubber.setAttribute(
      "aria-valuetext",
      `frame ${frame}, ${clockText(frame / this.player.fps)}`,
    );
  }

  /** @param {PointerEvent} event */
  grab(event) {
    const onName = event.target instanceof Element && event.target.closest(".name");
    if (onName || event.button !== 0) return;
    const { left } = this.box.getBoundingClientRect();
    /** @type {(at: PointerEvent) => void} */
    const move = ({ clientX }) => {
      const width = this.box.clientWidth - this.gutter;
      const share = (clientX - left - this.gutter) / width;
      this.player.go(Math.floor(Math.min(Math.max(share, 0), 1) * this.player.total));
    };
    const end = () => {
      this.box.removeEventListener("pointermove", move);
      this.box.removeEventListener("pointerup", end);
      this.box.removeEventListener("pointercancel", end);
    };
    this.box.setPointerCapture(event.pointerId);
    this.box.addEventListener("pointermove", move);
    this.box.addEventListener("pointerup", end);
    this.box.addEventListener("pointercancel", end);
    move(event);
  }
}
