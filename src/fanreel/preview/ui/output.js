// The panel that renders: what to make, how far it is, what came of it.
//
//   new Output(box, act)       *act(name, body)* asks the server
//   .show(state)
//   .start()                   as the button does

import { make } from "./dom.js";
import { clockText } from "./times.js";

/** @import { Act, Render, State } from "./types.d.ts" */
/** @typedef {[value: string, text: string][]} Options */

/** @type {Options} */
const FORMATS = [
  ["mp4", "MP4, H.264"],
  ["webm", "WebM, VP9 (transparency)"],
  ["mov", "MOV, ProRes 4444 (transparency)"],
  ["gif", "GIF"],
  ["png-sequence", "PNG pictures"],
];
/** @type {Options} */
const SIZES = [
  ["", "as it is"],
  ["0.5", "half"],
  ["2", "twice"],
  ["720p", "720p"],
  ["1080p", "1080p"],
  ["4k", "4K"],
];
/** @type {Options} */
const QUALITIES = [
  ["", "standard"],
  ["draft", "draft"],
  ["high", "high"],
];
// Those of a render that is under way.
/** @type {Partial<Record<Render["stage"], string>>} */
const STAGES = { plan: "Planning", render: "Rendering", assemble: "Assembling" };

/**
 * @param {string} id
 * @param {Options} options
 */
const choice = (id, options) =>
  make("select", { id }, ...options.map(([value, text]) => make("option", { value, text })));

/**
 * @param {string} id
 * @param {string} label
 * @param {HTMLElement} input
 */
const field = (id, label, input) =>
  make("div", { class: "field" }, make("label", { htmlFor: id, text: label }), input);

/** @param {number} bytes */
function sizeText(bytes) {
  const units = ["bytes", "kB", "MB", "GB"];
  let value = bytes;
  while (value >= 1000 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value < 10 && units[0] !== "bytes" ? value.toFixed(1) : Math.round(value)} ${units[0]}`;
}

export class Output {
  /**
   * @param {HTMLElement} box
   * @param {Act} act
   */
  constructor(box, act) {
    this.act = act;
    this.format = choice("out-format", FORMATS);
    this.size = choice("out-size", SIZES);
    this.quality = choice("out-quality", QUALITIES);
    this.folder = make("p", { class: "hint" });
    this.button = make("button", {
      ...{ type: "button", id: "start-render", class: "primary", text: "Render this" },
      onclick: () => this.start(),
    });
    this.news = make("div", { id: "render-news", role: "status" });
    box.replaceChildren(
      field("out-format", "Format", this.format),
      field("out-size", "Size", this.size),
      field("out-quality", "Quality", this.quality),
      this.folder,
      this.button,
      this.news,
    );
  }

  async start() {
    this.button.disabled = true;
    await this.act("render", {
      format: this.format.value,
      output_resolution: this.size.value,
      quality: this.quality.value,
    });
  }

  /** @param {State} state */
  show({ render, outputDir }) {
    this.folder.textContent = `Into ${outputDir}`;
    this.button.disabled = render !== null && render.stage in STAGES;
    this.news.replaceChildren(...(render ? this.tell(render) : []));
    this.news.dataset.stage = render?.stage ?? "";
  }

  /** @param {Render} render */
  tell(render) {
    const stage = STAGES[render.stage];
    if (stage) return this.progress(render, stage);
    if (render.stage === "cancelled") return [make("p", { text: "Ended; nothing was written." })];
    if (render.stage === "failed") return [make("p", { class: "problem", text: render.message })];
    const size = sizeText(render.sizeBytes ?? 0);
    const took = clockText(render.elapsedS).replace(/\d\d$/, "");
    const name = make("b", { text: render.name });
    const done = make("p", { class: "done" }, name, ` ${size}, took ${took} s`);
    if (!render.isFile) return [done];
    const link = { href: "video", download: render.name, text: "Save it from here too" };
    return [done, make("a", link)];
  }

  /**
   * @param {Render} render
   * @param {string} stage
   */
  progress({ framesDone, totalFrames, elapsedS, name }, stage) {
    const bar = make("progress", { "aria-label": `${stage} ${name}` });
    if (totalFrames > 0) {
      bar.max = totalFrames;
      bar.value = framesDone;
    }
    const frames = totalFrames > 0 ? `${framesDone} of ${totalFrames} frames, ` : "";
    return [
      make("p", {}, make("b", { text: stage }), ` ${name}`),
      bar,
      make("p", { class: "hint", text: `${frames}${Math.round(elapsedS)} s` }),
      make("button", {
        type: "button",
        id: "cancel-render",
        text: "End it",
        onclick: () => this.act("cancel", {}),
      }),
    ];
  }
}
