// Day length is computed, not looked up: the sun's declination, and the hour at which its upper
// edge, bent by the air, meets the horizon.
const CITIES = [
  { name: "Quito", latitude: -0.2, colour: "#ffb43a" },
  { name: "Cairo", latitude: 30.0, colour: "#ff7f4d" },
  { name: "Paris", latitude: 48.9, colour: "#f4628a" },
  { name: "Helsinki", latitude: 60.2, colour: "#b487f5" },
  { name: "Tromsø", latitude: 69.6, colour: "#74c8ff" },
];
const DAYS = 365;
const radians = (degrees) => (degrees * Math.PI) / 180;

function dayLength(latitude, day) {
  const declination = radians(-23.44 * Math.cos((2 * Math.PI * (day + 10)) / DAYS));
  const phi = radians(latitude);
  const cosine =
    (Math.sin(radians(-0.833)) - Math.sin(phi) * Math.sin(declination)) /
    (Math.cos(phi) * Math.cos(declination));
  return (Math.acos(Math.max(-1, Math.min(1, cosine))) * 24) / Math.PI;
}

function inWords(hours) {
  const minutes = Math.round(hours * 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")}`;
}

const x = d3.scaleLinear([0, DAYS], [210, 1480]);
const y = d3.scaleLinear([0, 24], [948, 340]);
const svg = d3.select("svg");

// ---- the year, as lines ----------------------------------------------------------------------
const grid = svg.append("g").attr("class", "grid");
for (const hours of [0, 6, 12, 18, 24]) {
  grid.append("line").attr("x1", x(0)).attr("x2", x(DAYS)).attr("y1", y(hours)).attr("y2", y(hours));
  grid
    .append("text")
    .attr("x", x(0) - 24)
    .attr("y", y(hours) + 10)
    .attr("text-anchor", "end")
    .text(hours === 24 ? "24 h" : hours);
}
const months = svg.append("g").attr("class", "months");
["Jan", "Mar", "May", "Jul", "Sep", "Nov"].forEach((name, i) => {
  months.append("text").attr("x", x(i * 60.8)).attr("y", 1016).text(name);
});

const sweep = svg.append("line").attr("class", "sweep").attr("y1", y(24) - 20).attr("y2", y(0));
const areas = svg.append("g").attr("class", "areas");
const drawn = CITIES.map((city) => {
  const group = svg.append("g").attr("class", "city");
  const label = group.append("text").attr("fill", city.colour);
  const hours = d3.range(DAYS + 1).map((day) => dayLength(city.latitude, day));
  return {
    ...city,
    group,
    hours,
    area: areas.append("path").attr("fill", city.colour),
    path: group.append("path").attr("stroke", city.colour),
    dot: group.append("circle").attr("r", 13).attr("fill", city.colour),
    caption: label.append("tspan").text(city.name),
    value: label.append("tspan").attr("class", "hours").attr("dx", 12),
    label,
  };
});
const remark = svg
  .append("text")
  .attr("class", "remark")
  .attr("x", x(172))
  .attr("y", y(24) - 28)
  .attr("text-anchor", "middle")
  .text("The sun does not set");
const outline = (points) => points.map(([day, hours]) => `${x(day)},${y(hours)}`).join("L");

// Labels beside the sweep keep apart: at the equinoxes all cities have the same day.
function apart(places, gap) {
  const order = places.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at);
  for (let round = 0; round < 40; round += 1) {
    for (let k = 1; k < order.length; k += 1) {
      const overlap = gap - (order[k].at - order[k - 1].at);
      if (overlap > 0) {
        order[k].at += overlap / 2;
        order[k - 1].at -= overlap / 2;
      }
    }
  }
  const result = [];
  for (const { at, i } of order) result[i] = at;
  return result;
}

function drawYear(day) {
  const whole = Math.floor(day);
  const here = drawn.map((city) => dayLength(city.latitude, day));
  const places = apart(here.map((hours, i) => y(hours) + i * 0.01), 50);
  sweep.attr("x1", x(day)).attr("x2", x(day));
  drawn.forEach((city, i) => {
    const points = city.hours.slice(0, whole + 1).map((hours, at) => [at, hours]);
    const path = `M${outline([...points, [day, here[i]]])}`;
    city.path.attr("d", path);
    city.area.attr("d", `${path}L${outline([[day, 0], [0, 0]])}Z`);
    city.dot.attr("cx", x(day)).attr("cy", y(here[i]));
    city.label.attr("x", x(day) + 38).attr("y", places[i] + 12);
    city.value.text(inWords(here[i]));
  });
  remark.attr("opacity", Math.max(0, Math.min(1, (day - 172) / 12)));
}

// ---- the extremes, as bars ---------------------------------------------------------------------
const wide = d3.scaleLinear([0, 24], [640, 1600]);
const ranges = svg.append("g").attr("class", "ranges");
const bars = drawn.map((city, i) => {
  const [least, most] = d3.extent(city.hours);
  const at = 372 + i * 132;
  const group = ranges.append("g");
  group.append("text").attr("x", 124).attr("y", at + 15).text(city.name);
  const bar = group
    .append("line")
    .attr("stroke", city.colour)
    .attr("stroke-width", 56)
    .attr("stroke-linecap", "round")
    .attr("y1", at)
    .attr("y2", at);
  const low = group.append("text").attr("class", "hours").attr("y", at + 14).attr("text-anchor", "end");
  const high = group.append("text").attr("class", "hours").attr("y", at + 14);
  return { group, bar, low, high, least, most };
});

function drawRange({ bar, low, high, least, most }, open) {
  const from = 12 + (least - 12) * open;
  const to = 12 + (most - 12) * open;
  bar.attr("x1", wide(from)).attr("x2", wide(to) + 0.1);
  low.attr("x", wide(from) - 52).text(inWords(from));
  high.attr("x", wide(to) + 52).text(inWords(to));
}

// ---- the story ---------------------------------------------------------------------------------
const story = gsap.timeline({ paused: true });
const year = { day: 0 };
story.from("h1", { scale: 1.85, y: 330, duration: 1.0, ease: "expo.inOut" }, 0.7);
story.from("h1", { opacity: 0, duration: 0.4 }, 0);
story.from("#note-1", { opacity: 0, y: 24, duration: 0.6, ease: "power3.out" }, 1.4);
story.from([grid.node(), months.node()], { opacity: 0, duration: 0.6 }, 1.3);
story.from([sweep.node(), ...drawn.map((city) => city.group.node())], { opacity: 0, duration: 0.4 }, 1.5);
story.to(year, { day: DAYS, duration: 4.2, ease: "sine.inOut", onUpdate: () => drawYear(year.day) }, 1.7);
story.to(
  [grid.node(), months.node(), areas.node(), sweep.node(), ".remark", "#note-1", ...drawn.map((city) => city.group.node())],
  { opacity: 0, duration: 0.45, ease: "power2.in" },
  6.1,
);
story.from("#note-2", { opacity: 0, y: 24, duration: 0.6, ease: "power3.out" }, 6.5);
bars.forEach((range, i) => {
  const state = { open: 0 };
  story.from(range.group.node(), { opacity: 0, duration: 0.4 }, 6.5 + i * 0.09);
  story.to(
    state,
    { open: 1, duration: 1.1, ease: "expo.inOut", onUpdate: () => drawRange(range, state.open) },
    6.6 + i * 0.09,
  );
  drawRange(range, 0);
});
drawYear(0);

window.__timelines = window.__timelines || {};
window.__timelines.main = story;
