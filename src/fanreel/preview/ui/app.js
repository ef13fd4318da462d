// The preview's page: what the server knows comes in, and goes to the parts.

import { Composition } from "./composition.js";
import { byId } from "./dom.js";
import { showFindings } from "./findings.js";
import { Output } from "./output.js";
import { Player } from "./player.js";
import { follow, get, post } from "./server.js";
import { Status, veil } from "./status.js";
import { Timeline } from "./timeline.js";
import { rateOf } from "./times.js";
import { Transport } from "./transport.js";
import { Variables } from "./variables.js";

/** @import { Act, Composed, Described, Panel, State } from "./types.d.ts" */

const status = new Status();

/** @param {unknown} error */
const textOf = (error) => (error instanceof Error ? error.message : String(error));

/** @type {Act} */
async function act(name, body) {
  try {
    return await post(name, body);
  } catch (error) {
    status.say(textOf(error), "bad");
    return null;
  }
}

/**
 * @param {State} state
 * @returns {state is Composed}
 */
const isComposed = (state) => state.width !== null;

// What the page script is told beside the files: another plan may bring other media or faces.
/** @param {State} state */
const pageKey = ({ revision, plan }) =>
  JSON.stringify([revision, plan?.media ?? null, plan?.hash ?? null]);

/**
 * @param {Composed} state
 * @param {Described | null} described
 */
function totalFrames({ plan, isPlanning, error, fps, durationS }, described) {
  if (plan && !isPlanning && !error && plan.fps === fps) return plan.totalFrames;
  const lengthS = durationS ?? described?.inferredDurationS ?? plan?.durationS ?? 1;
  return Math.max(Math.ceil(lengthS * rateOf(fps) - 1e-6), 1);
}

class App {
  #opened = ""; // what the page was opened with
  #heard = ""; // the plan whose sound is there
  /** @type {Promise<void>} */
  #opening = Promise.resolve();

  /** @param {State} state The first one. */
  constructor(state) {
    this.state = state;
    this.composition = new Composition(byId("screen"), state.composition);
    this.player = new Player(this.composition);
    this.timeline = new Timeline(this.player);
    this.variables = new Variables(byId("variables"), (values) => act("variables", { values }));
    this.output = new Output(byId("output"), act);
    this.transport = new Transport(this.player, this.timeline, {
      still: () => this.saveFrame(),
      render: () => this.startRender(),
    });
    this.player.addEventListener("shown", () => {
      byId("screen").dataset.shown = String(this.player.shown);
    });
    this.player.addEventListener("error", () => status.say(textOf(this.player.error), "bad"));
  }

  /** @param {State} state */
  take(state) {
    this.state = state;
    byId("name").textContent = state.name;
    document.title = `${state.name} · fanreel`;
    byId("facts").textContent = state.width ? `${state.width} × ${state.height}` : "";
    status.show(state);
    showFindings(byId("findings"), byId("tab-findings"), state, (name) => this.highlight(name));
    this.output.show(state);
    if (isComposed(state)) {
      this.transport.showRates(state.fps, state.ownFps ?? null);
      this.#show(state);
    } else {
      this.#opened = ""; // what comes next is opened, whatever it is
      veil(state.error?.message ?? "There is no composition to show.");
    }
    this.#loadSound();
  }

  /** @param {Composed} state */
  #show(state) {
    if (pageKey(state) !== this.#opened) {
      this.#opened = pageKey(state);
      this.#opening = this.#opening.then(() => this.#open());
    } else if (!state.isPlanning) {
      this.#opening = this.#opening.then(() => {
        this.player.total = totalFrames(state, this.player.described);
      });
    }
  }

  // What is newest, whenever its turn comes.
  async #open() {
    const { state, player } = this;
    if (!isComposed(state)) return; // take() says so
    const { width, height, entry, fps } = state;
    this.composition.resize(width, height);
    try {
      const described = await player.open({
        ...{ width, height },
        entry: `/${entry.split("/").map(encodeURIComponent).join("/")}`,
        fps: rateOf(fps),
        total: totalFrames(state, player.described),
        stepped: state.plan?.stepped ?? false,
      });
      if (isComposed(this.state)) player.total = totalFrames(this.state, described);
      veil("");
      this.#showDescribed(described);
    } catch (error) {
      veil(`The page does not open: ${textOf(error)}`);
    }
  }

  /** @param {Described} described */
  #showDescribed(described) {
    this.timeline.show(described, this.state.plan);
    const own = described.variables.filter(({ composition }) => composition === described.root?.id);
    this.variables.show(own, this.state.variables);
    this.transport.showClock();
  }

  async #loadSound() {
    const { plan } = this.state;
    const hash = plan?.hasSound ? plan.hash : "";
    if (hash === this.#heard) return;
    this.#heard = hash;
    const response = hash ? await get(`sound?plan=${hash.slice(0, 12)}`) : null;
    await this.player.setSound(response ? await response.blob() : null);
    byId("mute").disabled = !response;
  }

  /** @param {string | null} name */
  async highlight(name) {
    if (name === null) {
      await this.composition.order("unhighlight", {});
      return false;
    }
    this.player.pause();
    return this.composition.order("highlight", { name, scale: 1 / this.composition.scale });
  }

  async saveFrame() {
    const button = byId("still");
    if (button.disabled) return;
    this.player.pause();
    button.disabled = true;
    status.say("drawing the frame", "busy");
    const saved = await act("still", { frame: this.player.frame });
    if (saved) status.say(`saved ${saved.name}`);
    button.disabled = false;
  }

  startRender() {
    choose("output");
    byId("output").scrollIntoView({ block: "nearest" });
    this.output.start();
  }
}

/** @type {Panel[]} */
const PANELS = ["variables", "findings", "output"];

/** @param {Panel} chosen */
function choose(chosen) {
  for (const panel of PANELS) {
    byId(`tab-${panel}`).setAttribute("aria-selected", String(panel === chosen));
    byId(panel).hidden = panel !== chosen;
  }
}

for (const panel of PANELS) byId(`tab-${panel}`).addEventListener("click", () => choose(panel));
choose("variables");
byId("fps").addEventListener("change", () => act("fps", { fps: byId("fps").value }));

/** @type {App | null} */
let app = null;
follow(
  (state) => {
    app ??= new App(state);
    app.take(state);
  },
  () => status.say("the preview has ended, or cannot be reached", "bad"),
);
