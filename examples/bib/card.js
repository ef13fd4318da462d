// Everything personal comes from the variables; the same file makes one film per runner:
//   fanreel render examples/bib -o ada.mp4 --var name="Ada Marsh" --var bib=1815
const { name, bib, minutes, distance, medal } = window.__hyperframes.getVariables();
const card = gsap.timeline({ paused: true });
const text = (id, value) => {
  document.getElementById(id).textContent = value;
};
const two = (value) => String(value).padStart(2, "0");

function clock(total) {
  const s = Math.round(total);
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

// A long name or number is set narrower, never smaller.
const fitted = (value, room, widest) => `${Math.max(50, Math.min(widest, room / String(value).length))}%`;
document.querySelector(".name").style.fontStretch = fitted(name, 1130, 100);
const numberStretch = fitted(bib, 310, 130);

// ---- the medal: a star with as many points as it takes to look earned --------------------------
const METALS = { gold: ["#f6b90b", "#c98a00"], silver: ["#cfd6df", "#8d99a6"] };
const SVG = "http://www.w3.org/2000/svg";
const svg = document.querySelector(".medal");
function shape(element, attributes) {
  const node = document.createElementNS(SVG, element);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  svg.append(node);
  return node;
}
if (METALS[medal]) {
  const [light, dark] = METALS[medal];
  const points = Array.from({ length: 48 }, (_, i) => {
    const radius = i % 2 ? 98 : 112;
    const angle = (i * Math.PI) / 24;
    return `${(radius * Math.sin(angle)).toFixed(1)},${(radius * Math.cos(angle)).toFixed(1)}`;
  });
  shape("polygon", { points: points.join(" "), fill: light });
  shape("circle", { r: 76, fill: "none", stroke: dark, "stroke-width": 7 });
  shape("path", { d: "M -34 4 L -10 30 L 38 -28", fill: "none", stroke: dark, "stroke-width": 17 });
}

// ---- motion ------------------------------------------------------------------------------------
card.from(".bib", { y: 1000, rotation: 16, duration: 0.9, ease: "back.out(1.1)" }, 0.1);
card.to(".bib", { rotation: -2.5, duration: 0.5, ease: "sine.inOut" }, 0.95);
card.to(".bib", { rotation: 1.5, duration: 3.4, ease: "sine.inOut" }, 1.45);
card.fromTo(".number", { fontStretch: "50%", opacity: 0 }, { fontStretch: numberStretch, opacity: 1, duration: 0.8, ease: "expo.out" }, 0.75);
card.from(".name", { y: 46, opacity: 0, duration: 0.6, ease: "power3.out" }, 1.15);
card.from(".row", { clipPath: "inset(0 100% 0 0)", duration: 0.6, ease: "power3.inOut" }, 1.35);
const run = { part: 0 };
card.to(
  run,
  {
    part: 1,
    duration: 2.2,
    ease: "power2.out",
    onUpdate: () => {
      text("time", clock(run.part * minutes * 60));
      text("distance", (run.part * distance).toFixed(1));
      const pace = Math.round((minutes * 60) / distance);
      text("pace", `${Math.floor(pace / 60)}:${two(pace % 60)}`);
    },
  },
  1.5,
);
card.from(".medal", { scale: 0, rotation: -140, duration: 0.7, ease: "back.out(1.8)" }, 3.6);
card.to(".medal", { rotation: 15, duration: 1.6, ease: "sine.out" }, 4.3);

window.__timelines = window.__timelines || {};
window.__timelines.main = card;
