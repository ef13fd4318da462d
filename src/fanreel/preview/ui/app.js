// The preview's page: what the server knows comes in, and goes to the parts.

import { Composition } from "./composition.js";
import { byId, make } from "./dom.js";
import { showFindings } from "./findings.js";
import { listen } from "./keys.js";
import { Output } from "./output.js";
import { Player } from "./player.js";
import { follow, get, post } from "./server.js";
import { Timeline } from "./timeline.js";
import { clockText, rateOf } from "./times.js";
import { Variables } from "./variables.js";

const RATES = ["24", "25", "30", "50", "60"];
const NOTICE_MS = 5000;

/** @type {any} */
let state = null;
/** @type {Composition | any} */
let composition = null;
/** @type {Player | any} */
let player = null;
/** @type {Timeline | any} */
let timeline = null;
let opened = ""; // what the page was opened with
let heard = ""; // the plan whose sound is there
let opening = Promise.resolve();

// ---- status ------------------------------------------------------------------------------------
let notice = { text: "", kind: "", until: 0 };

function say(text, kind = "good") {
  notice = { text, kind, until: performance.now() + NOTICE_MS };
  showStatus();
  setTimeout(showStatus, NOTICE_MS + 50);
}

function showStatus() {
  const status = byId("status");
  const set = (text, kind) => {
    status.textContent = text;
    status.dataset.kind = kind;
    status.title = text;
  };
  if (performance.now() < notice.until) set(notice.text, notice.kind);
  else if (!state) set("opening", "busy");
  else if (state.isPlanning) set("looking for changes in sound and media", "busy");
  else if (state.error) set("cannot be rendered: see findings", "bad");
  else set("as it will be rendered", "good");
}

async function act(name, body) {
  try {
    return await post(name, body);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), "bad");
    return null;
  }
}

function veil(text) {
  byId("veil").hidden = text === "";
  byId("veil").textContent = text;
}

// ---- the composition ---------------------------------------------------------------------------
function totalFrames(described) {
  const fps = rateOf(state.fps);
  const isPlanned = state.plan && !state.isPlanning && !state.error && state.plan.fps === state.fps;
  if (isPlanned) return state.plan.totalFrames;
  const durationS = state.durationS ?? described?.inferredDurationS ?? state.plan?.durationS ?? 1;
  return Math.max(Math.ceil(durationS * fps - 1e-6), 1);
}

// What the page script is told beside the files: another plan may bring other media or faces.
const pageKey = () =>
  JSON.stringify([state.revision, state.plan?.media ?? null, state.plan?.hash ?? null]);

async function openPage() {
  if (state.width === null) return; // take() says so
  const { width, height, entry, fps } = state;
  composition.resize(width, height);
  try {
    await player.open({
      ...{ width, height },
      entry: `/${entry.split("/").map(encodeURIComponent).join("/")}`,
      fps: rateOf(fps),
      total: totalFrames(player.described),
      stepped: state.plan?.stepped ?? false,
    });
    player.total = totalFrames(player.described);
    veil("");
  } catch (error) {
    veil(`The page does not open: ${String(error)}`);
    return;
  }
  showDescribed();
}

function showDescribed() {
  const { described } = player;
  if (!described) return;
  timeline.show(described, state.plan);
  const own = described.variables.filter(({ composition: id }) => id === described.root?.id);
  variables.show(own, state.variables);
  showClock();
}

async function loadSound() {
  const hash = state.plan?.hasSound ? state.plan.hash : "";
  if (hash === heard) return;
  heard = hash;
  const response = hash ? await get(`sound?plan=${hash.slice(0, 12)}`) : null;
  await player.setSound(response ? await response.blob() : null);
  byId("mute").disabled = !response;
}

function take(next) {
  state = next;
  if (!composition) begin();
  byId("name").textContent = state.name;
  document.title = `${state.name} · fanreel`;
  byId("facts").textContent = state.width ? `${state.width} × ${state.height}` : "";
  showRates();
  showStatus();
  showFindings(byId("findings"), byId("tab-findings"), state, highlight);
  output.show(state);
  if (state.width === null) {
    opened = ""; // what comes next is opened, whatever it is
    veil(state.error?.message ?? "There is no composition to show.");
  } else if (pageKey() !== opened) {
    opened = pageKey();
    opening = opening.then(openPage);
  } else if (!state.isPlanning) {
    opening = opening.then(() => {
      player.total = totalFrames(player.described);
    });
  }
  loadSound();
}

async function highlight(name) {
  if (name === null) return composition.order("unhighlight");
  player.pause();
  return composition.order("highlight", { name, scale: 1 / composition.scale });
}

function begin() {
  composition = new Composition(byId("screen"), state.composition);
  player = new Player(composition);
  timeline = new Timeline(player);
  player.addEventListener("frame", showClock);
  player.addEventListener("shown", ({ detail }) => {
    byId("screen").dataset.shown = String(detail);
  });
  for (const name of ["play", "pause"]) player.addEventListener(name, showPlaying);
  player.addEventListener("error", ({ detail }) => say(detail.message, "bad"));
  setInterval(showSpeed, 500);
}

// ---- transport ---------------------------------------------------------------------------------
function showClock() {
  const { frame, total, fps } = player;
  byId("now").textContent = clockText(frame / fps);
  byId("length").textContent = clockText(total / fps);
  if (document.activeElement !== byId("frame")) byId("frame").value = String(frame);
  byId("total").textContent = `of ${total}`;
  timeline.mark(frame);
}

function showPlaying() {
  byId("play").setAttribute("aria-label", player.isPlaying ? "Pause" : "Play");
  byId("transport").dataset.playing = String(player.isPlaying);
  showSpeed();
}

function showSpeed() {
  const speed = byId("speed");
  if (!player?.isPlaying) {
    speed.textContent = "";
    return;
  }
  speed.textContent = `${player.framesPerS} fps`;
  speed.dataset.kind = player.framesPerS < player.fps * 0.8 ? "slow" : "";
}

function showRates() {
  if (state.fps === null) return; // there is no composition now
  const list = [...new Set([...(state.ownFps ? [state.ownFps] : []), state.fps, ...RATES])];
  list.sort((a, b) => rateOf(a) - rateOf(b));
  const select = byId("fps");
  if (select.dataset.rates === list.join() && select.value === state.fps) return;
  select.dataset.rates = list.join();
  select.replaceChildren(
    ...list.map((rate) => {
      const text = rate.includes("/") ? rateOf(rate).toFixed(2) : rate;
      return make("option", { value: rate, text: rate === state.ownFps ? `${text} (own)` : text });
    }),
  );
  select.value = state.fps;
}

function press(id) {
  const button = byId(id);
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  return on;
}

async function saveFrame() {
  const button = byId("still");
  if (button.disabled) return;
  player.pause();
  button.disabled = true;
  say("drawing the frame", "busy");
  const saved = await act("still", { frame: player.frame });
  if (saved) say(`saved ${saved.name}`);
  button.disabled = false;
}

function choose(id) {
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const isChosen = tab.id === `tab-${id}`;
    tab.setAttribute("aria-selected", String(isChosen));
    byId(tab.getAttribute("aria-controls")).hidden = !isChosen;
  }
}

function startRender() {
  choose("output");
  byId("output").scrollIntoView({ block: "nearest" });
  output.start();
}

const variables = new Variables(byId("variables"), (values) => act("variables", { values }));
const output = new Output(byId("output"), act);

const orders = {
  toggle: () => player.toggle(),
  step: (count) => player.step(count),
  second: (count) => player.step(Math.round(count * player.fps)),
  first: () => player.go(0),
  last: () => player.go(player.total - 1),
  still: saveFrame,
  render: startRender,
  loop: () => {
    player.loops = press("loop");
  },
  mute: () => {
    player.sound.muted = press("mute");
  },
};

const buttons = {
  play: orders.toggle,
  first: orders.first,
  last: orders.last,
  back: () => orders.step(-1),
  forward: () => orders.step(1),
  loop: orders.loop,
  mute: orders.mute,
  still: orders.still,
  render: orders.render,
};
const whenThere = (run) => () => player?.described && run();
for (const [id, run] of Object.entries(buttons)) {
  byId(id).addEventListener("click", whenThere(run));
}
listen(
  Object.fromEntries(
    Object.entries(orders).map(([name, run]) => [name, (count) => player?.described && run(count)]),
  ),
);
byId("frame").addEventListener("change", () => {
  const frame = Number.parseInt(byId("frame").value, 10);
  if (Number.isFinite(frame)) player.go(frame);
  byId("frame").value = String(player.frame);
});
byId("fps").addEventListener("change", () => act("fps", { fps: byId("fps").value }));
for (const tab of document.querySelectorAll("[role=tab]")) {
  tab.addEventListener("click", () => choose(tab.id.replace("tab-", "")));
}
choose("variables");
follow(take, () => say("the preview has ended, or cannot be reached", "bad"));
