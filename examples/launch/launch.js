// The film's timeline: four bars of 2.5 s at 96 beats a minute, a scene to a bar.
const BEAT = 60 / 96;
const BAR = 4 * BEAT;
const film = gsap.timeline({ paused: true });

for (const word of document.querySelectorAll(".word")) {
  word.innerHTML = [...word.textContent].map((letter) => `<i>${letter}</i>`).join("");
}

// Letters rise from behind their own line.
function rise(scene, at, leave) {
  const letters = `${scene} .word i`;
  film.fromTo(
    letters,
    { yPercent: 118, rotation: 7 },
    { yPercent: 0, rotation: 0, duration: 0.72, ease: "expo.out", stagger: 0.035 },
    at,
  );
  if (leave) film.to(letters, { yPercent: -118, duration: 0.4, ease: "power3.in", stagger: 0.02 }, leave);
}

// A scene opens as a circle that grows from (x, y).
function open(scene, x, y, at, duration) {
  film.fromTo(
    scene,
    { clipPath: `circle(0px at ${x}px ${y}px)` },
    { clipPath: `circle(2250px at ${x}px ${y}px)`, duration, ease: "power3.inOut" },
    at,
  );
}

// Bar 1: a page, and what it is made of.
film.fromTo("#page .kicker", { opacity: 0, y: 30 }, { opacity: 1, y: 0, duration: 0.7, ease: "power3.out" }, 0.1);
rise("#page", 0.12);
film.fromTo(
  ".sheet",
  { y: 1150, rotation: 9 },
  { y: 0, rotation: 3, duration: 1.0, ease: "expo.out" },
  0.28,
);
film.fromTo(
  ".sheet img",
  { clipPath: "inset(0 0 100% 0)", scale: 1.15 },
  { clipPath: "inset(0 0 0% 0)", scale: 1, duration: 0.8, ease: "power3.inOut" },
  BEAT,
);
film.fromTo(".sheet > i", { scaleX: 0 }, { scaleX: 1, duration: 0.5, ease: "power3.out", stagger: 0.07 }, 1.5 * BEAT);
film.fromTo(
  ".tag",
  { scale: 0, rotation: -24 },
  { scale: 1, rotation: -6, duration: 0.55, ease: "back.out(2.2)", stagger: BEAT / 4 },
  1.75 * BEAT,
);
film.to(".sheet", { rotation: -1.5, y: -14, duration: 1.4, ease: "sine.inOut" }, 1.3);

// Bar 2: the page's frames open like a fan.
const STRIPS = 11;
const STEP = 15.2;
open("#frames", 1560, 480, BAR - 0.1, 0.75);
film.fromTo(
  ".strip",
  { rotation: -90, y: 900 },
  { rotation: -90, y: 0, duration: 0.5, ease: "power3.out" },
  BAR,
);
film.to(
  ".strip",
  {
    rotation: (i) => (i - (STRIPS - 1) / 2) * STEP,
    duration: 1.15,
    ease: "expo.inOut",
    stagger: { each: 0.022, from: "end" },
  },
  BAR + 0.12,
);
film.fromTo(".hub", { scale: 0 }, { scale: 1, duration: 0.8, ease: "back.out(1.3)" }, BAR + 0.45);
rise("#frames", BAR + 0.85);
film.to("#fan", { rotation: 5, duration: 1.4, ease: "sine.inOut" }, BAR + 1.1);

// Bar 3: and run as one film.
open("#screen", 960, 1080, 2 * BAR - 0.1, 0.8);
film.fromTo(".view", { scale: 1.32, x: 70 }, { scale: 1.06, x: 0, duration: 3.1, ease: "power2.out" }, 2 * BAR - 0.1);
film.fromTo(".edge.top", { yPercent: -100 }, { yPercent: 0, duration: 0.6, ease: "power3.out" }, 2 * BAR + 0.3);
film.fromTo(".edge.bottom", { yPercent: 100 }, { yPercent: 0, duration: 0.6, ease: "power3.out" }, 2 * BAR + 0.3);
rise("#screen", 2 * BAR + 0.45);
const counter = { frame: 0 };
const number = document.getElementById("frame-number");
film.to(
  counter,
  {
    frame: 300,
    duration: 10,
    ease: "none",
    onUpdate: () => {
      number.textContent = String(Math.round(counter.frame)).padStart(3, "0");
    },
  },
  0,
);

// Bar 4: the sun fills the screen, and the fan is a reel.
const SVG = "http://www.w3.org/2000/svg";
const reel = document.querySelector(".reel");
const turn = document.createElementNS(SVG, "g");
turn.setAttribute("class", "turn");
reel.append(turn);
const BLADES = 8;
const point = (radius, degrees) => {
  const angle = (degrees * Math.PI) / 180;
  return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
};
for (let i = 0; i < BLADES; i += 1) {
  const blade = document.createElementNS(SVG, "path");
  const half = 360 / BLADES / 2 - 3.2;
  blade.setAttribute(
    "d",
    `M ${point(82, -half * 0.8)} L ${point(250, -half)} A 250 250 0 0 1 ${point(250, half)} ` +
      `L ${point(82, half * 0.8)} A 82 82 0 0 0 ${point(82, -half * 0.8)} Z`,
  );
  turn.append(blade);
}
const hub = document.createElementNS(SVG, "circle");
hub.setAttribute("r", "48");
turn.append(hub);

film.fromTo("#name .sun", { scale: 0 }, { scale: 400, duration: 0.8, ease: "power3.in" }, 3 * BAR - 0.55);
film.fromTo(
  ".reel path",
  { attr: { transform: "rotate(-30) scale(0.01)" } },
  {
    attr: { transform: (i) => `rotate(${(i * 360) / BLADES}) scale(1)` },
    duration: 1.0,
    ease: "expo.out",
    stagger: 0.03,
  },
  3 * BAR + 0.2,
);
film.fromTo(
  ".reel circle",
  { attr: { r: 0 } },
  { attr: { r: 48 }, duration: 0.6, ease: "back.out(2)" },
  3 * BAR + 0.2,
);
film.fromTo(".tagline", { opacity: 0, y: 46 }, { opacity: 1, y: 0, duration: 0.7, ease: "power3.out" }, 3 * BAR + 0.62);
film.fromTo(
  ".command",
  { clipPath: "inset(0 100% 0 0 round 60px)" },
  { clipPath: "inset(0 0% 0 0 round 60px)", duration: 0.7, ease: "power3.inOut" },
  3 * BAR + 0.85,
);

window.__timelines = window.__timelines || {};
window.__timelines.main = film;
