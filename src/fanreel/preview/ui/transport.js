// Below the picture: buttons, keys, clock, frame number, speed, and the choice of a rate.
//
//   new Transport(player, timeline, {still, render})   what else can be asked for by button and key
//   .showRates(fps, ownFps)
//   .showClock()

import { byId, make } from "./dom.js";
import { listen } from "./keys.js";
import { clockText, rateOf } from "./times.js";

/** @import { Player } from "./player.js" */
/** @import { Timeline } from "./timeline.js" */
/** @import { Ids } from "./types.d.ts" */
/** @typedef {import("./keys.js").Command} Command */

const RATES = ["24", "25", "30", "50", "60"];
const SPEED_MS = 500;
/** @type {{[Id in keyof Ids]?: Command | "back" | "forward"}} */
const BUTTONS = {
  first: "first",
  back: "back",
  play: "toggle",
  forward: "forward",
  last: "last",
  loop: "loop",
  mute: "mute",
  still: "still",
  render: "render",
};

export class Transport {
  /**
   * @param {Player} player
   * @param {Timeline} timeline
   * @param {Record<"still" | "render", () => void>} more
   */
  constructor(player, timeline, more) {
    this.player = player;
    this.timeline = timeline;
    player.addEventListener("frame", () => this.showClock());
    for (const name of ["play", "pause"]) player.addEventListener(name, () => this.#showPlaying());
    setInterval(() => this.#showSpeed(), SPEED_MS);
    byId("frame").addEventListener("change", () => this.#goTo(byId("frame").value));
    this.#obey(more);
  }

  /** @param {Record<"still" | "render", () => void>} more */
  #obey(more) {
    const { player } = this;
    /** @type {(run: () => void) => () => void} */
    const whenThere = (run) => () => {
      if (player.described) run();
    };
    /** @type {(count: number) => void} */
    const step = (count) => {
      if (player.described) player.step(Math.round(count));
    };
    const commands = {
      toggle: whenThere(() => player.toggle()),
      first: whenThere(() => player.go(0)),
      last: whenThere(() => player.go(player.total - 1)),
      loop: whenThere(() => {
        player.loops = press("loop");
      }),
      mute: whenThere(() => {
        player.sound.muted = press("mute");
      }),
      still: whenThere(more.still),
      render: whenThere(more.render),
    };
    const all = { ...commands, back: () => step(-1), forward: () => step(1) };
    for (const [id, command] of Object.entries(BUTTONS)) {
      byId(/** @type {keyof typeof BUTTONS} */ (id)).addEventListener("click", all[command]);
    }
    listen({ ...commands, step, second: (count) => step(count * player.fps) });
  }

  /** @param {string} text */
  #goTo(text) {
    const frame = Number.parseInt(text, 10);
    if (Number.isFinite(frame)) this.player.go(frame);
    byId("frame").value = String(this.player.frame);
  }

  showClock() {
    const { frame, total, fps } = this.player;
    byId("now").textContent = clockText(frame / fps);
    byId("length").textContent = clockText(total / fps);
    if (document.activeElement !== byId("frame")) byId("frame").value = String(frame);
    byId("total").textContent = `of ${total}`;
    this.timeline.mark(frame);
  }

  #showPlaying() {
    const { isPlaying } = this.player;
    byId("play").setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    byId("transport").dataset.playing = String(isPlaying);
    this.#showSpeed();
  }

  #showSpeed() {
    const { isPlaying, framesPerS, fps } = this.player;
    const speed = byId("speed");
    speed.textContent = isPlaying ? `${framesPerS} fps` : "";
    if (isPlaying) speed.dataset.kind = framesPerS < fps * 0.8 ? "slow" : "";
  }

  /**
   * @param {string} fps
   * @param {string | null} ownFps
   */
  showRates(fps, ownFps) {
    const list = [...new Set([...(ownFps ? [ownFps] : []), fps, ...RATES])];
    list.sort((a, b) => rateOf(a) - rateOf(b));
    const select = byId("fps");
    if (select.dataset.rates === list.join() && select.value === fps) return;
    select.dataset.rates = list.join();
    select.replaceChildren(
      ...list.map((rate) => {
        const text = rate.includes("/") ? rateOf(rate).toFixed(2) : rate;
        return make("option", { value: rate, text: rate === ownFps ? `${text} (own)` : text });
      }),
    );
    select.value = fps;
  }
}

/** @param {"loop" | "mute"} id */
function press(id) {
  const button = byId(id);
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  return on;
}
