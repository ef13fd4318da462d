// Where the composition stands, and playing: in real time, leaving out frames that it has no time
// for; at rest it always shows exactly the frame asked for.
//
//   new Player(composition)     a target of events: "frame", "play", "pause", "shown", "error"
//   .open({entry, width, height, fps, total, stepped})   opens the page anew, at the frame it was
//   .go(frame), .step(count), .toggle(), .pause()
//   .setSound(blob)             the mix; it is the clock while playing
//   .frame, .total, .fps, .isPlaying, .loops, .described, .shown, .error

/** @import { Composition } from "./composition.js" */
/** @import { Described, Page } from "./types.d.ts" */

const RATE_WINDOW_MS = 1000;

export class Player extends EventTarget {
  frame = 0;
  total = 1;
  fps = 30;
  isPlaying = false;
  loops = true;
  /** @type {Described | null} */
  described = null;
  sound = new Audio();
  hasSound = false;
  /** @type {Page | null} */
  page = null;
  shown = -1; // the frame that the page has confirmed
  /** @type {unknown} */
  error = null; // why a frame could not be shown
  isBusy = false;
  /** @type {number[]} */
  times = [];
  startedAt = 0;
  startedFrom = 0;

  /** @param {Composition} composition */
  constructor(composition) {
    super();
    this.composition = composition;
    this.sound.preload = "auto";
  }

  get isStepped() {
    return this.page?.stepped ?? false;
  }

  /** @param {"frame" | "play" | "pause" | "shown" | "error"} name */
  tell(name) {
    this.dispatchEvent(new Event(name));
  }

  // ---- the page ----------------------------------------------------------------------------------
  /** @param {Page} page */
  async open(page) {
    this.page = page;
    this.fps = page.fps;
    this.total = Math.max(page.total, 1);
    this.frame = Math.min(this.frame, this.total - 1);
    const { entry, width, height, stepped } = page;
    const number = this.frame;
    this.isBusy = true;
    try {
      const { described } = await this.composition.order("open", {
        ...{ entry, width, height, stepped, number },
      });
      this.described = described;
      this.shown = number;
      this.tell("frame");
      return described;
    } finally {
      this.isBusy = false;
      this.catchUp();
    }
  }

  // One frame is asked for at a time; what is asked for meanwhile is the newest only.
  async catchUp() {
    if (this.isBusy || this.shown === this.frame || !this.described) return;
    this.isBusy = true;
    const wanted = this.frame;
    try {
      await this.seek(wanted);
      this.shown = wanted;
      this.count();
      this.tell("shown");
    } catch (error) {
      this.shown = wanted;
      this.pause();
      this.error = error;
      this.tell("error");
    } finally {
      this.isBusy = false;
    }
    this.catchUp();
  }

  // A page that keeps state from frame to frame is exact only when it has gone through them all.
  /** @param {number} number */
  async seek(number) {
    const follows = number === this.shown + 1;
    if (!this.page?.stepped || this.isPlaying || follows) {
      await this.composition.order("seek", { number });
      return;
    }
    const { entry, width, height } = this.page;
    await this.composition.order("open", { entry, width, height, number, stepped: true });
  }

  count() {
    const now = performance.now();
    this.times.push(now);
    while (this.times[0] < now - RATE_WINDOW_MS) this.times.shift();
  }

  get framesPerS() {
    return this.times.length;
  }

  // ---- moving ------------------------------------------------------------------------------------
  /** @param {number} frame */
  place(frame) {
    const next = Math.min(Math.max(Math.round(frame), 0), this.total - 1);
    if (next === this.frame) return;
    this.frame = next;
    this.tell("frame");
    this.catchUp();
  }

  /** @param {number} frame */
  go(frame) {
    this.pause();
    this.place(frame);
  }

  /** @param {number} count */
  step(count) {
    this.go(this.frame + count);
  }

  // ---- playing -----------------------------------------------------------------------------------
  /** @param {Blob | null} blob */
  async setSound(blob) {
    const wasPlaying = this.isPlaying;
    if (this.hasSound) URL.revokeObjectURL(this.sound.src);
    this.hasSound = blob !== null;
    if (blob) this.sound.src = URL.createObjectURL(blob);
    else this.sound.removeAttribute("src");
    if (wasPlaying) this.begin();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  play() {
    if (this.frame >= this.total - 1) this.place(0);
    this.isPlaying = true;
    this.times = [];
    this.begin();
    this.tell("play");
    requestAnimationFrame(() => this.tick());
  }

  begin() {
    this.startedAt = performance.now();
    this.startedFrom = this.frame / this.fps;
    if (!this.hasSound) return;
    this.sound.currentTime = this.startedFrom;
    this.sound.play().catch(() => {}); // then the page's clock counts
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    this.sound.pause();
    this.tell("pause");
    if (this.isStepped) this.shown = -1;
    this.catchUp();
  }

  // Sound is what a person hears stutter, so the pictures follow it.
  get timeS() {
    const { sound } = this;
    if (this.hasSound && !sound.paused && !sound.ended && !sound.seeking) return sound.currentTime;
    return this.startedFrom + (performance.now() - this.startedAt) / 1000;
  }

  tick() {
    if (!this.isPlaying) return;
    const frame = Math.floor(this.timeS * this.fps + 1e-6);
    if (frame < this.total) this.place(frame);
    else if (this.loops) this.again();
    else {
      this.place(this.total - 1);
      this.pause();
      return;
    }
    requestAnimationFrame(() => this.tick());
  }

  again() {
    this.place(0);
    this.begin();
  }
}
