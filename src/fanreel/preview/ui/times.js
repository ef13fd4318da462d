// Times and rates as people read them.
//
//   clockText(92.34)     "1:32.340"
//   rateOf("30000/1001") 29.97...
//   ticks(durationS, most)   times for a ruler, at most about so many

const STEPS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** @param {number} seconds */
export function clockText(seconds) {
  const ms = Math.round(seconds * 1000);
  const rest = String((ms % 60_000) / 1000).padEnd(1);
  const [whole, part = ""] = rest.split(".");
  return `${Math.floor(ms / 60_000)}:${whole.padStart(2, "0")}.${part.padEnd(3, "0")}`;
}

/** @param {string} text */
export function rateOf(text) {
  const [number, by = "1"] = text.split("/");
  return Number(number) / Number(by);
}

/**
 * @param {number} durationS
 * @param {number} most
 */
export function ticks(durationS, most) {
  const step = STEPS.find((candidate) => durationS / candidate <= most) ?? 3600;
  const count = Math.floor(durationS / step + 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => Math.round(index * step * 10) / 10);
}
