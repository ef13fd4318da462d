// What lint finds, each beside what it is about: a click shows the element on the picture.
//
//   showFindings(box, tab, state, highlight)    *highlight(element)* tells if it is to be seen now

import { make } from "./dom.js";

/** @import { Finding, State } from "./types.d.ts" */
/** @typedef {(element: string | null) => Promise<boolean>} Highlight */

/**
 * @param {Finding} finding
 * @param {Highlight} highlight
 */
function item(finding, highlight) {
  const hint = make("p", { class: "hint", hidden: true, text: "It is not on the picture now." });
  const made = make(
    "button",
    {
      type: "button",
      class: "finding",
      "data-severity": finding.severity,
      "data-element": finding.element,
      "aria-pressed": "false",
    },
    make("b", { text: finding.message }),
    make("span", { class: "place", text: `${finding.element}  ${finding.file}:${finding.line}` }),
    make("span", { class: "fix", text: finding.fix }),
    hint,
  );
  made.addEventListener("click", async () => {
    for (const other of made.parentElement?.querySelectorAll("[aria-pressed=true]") ?? []) {
      if (other !== made) other.setAttribute("aria-pressed", "false");
    }
    const on = made.getAttribute("aria-pressed") !== "true";
    made.setAttribute("aria-pressed", String(on));
    hint.hidden = (await highlight(on ? finding.element : null)) || !on;
  });
  return made;
}

let shown = "";

/**
 * @param {HTMLElement} box
 * @param {HTMLElement} tab
 * @param {State} state
 * @param {Highlight} highlight
 */
export function showFindings(box, tab, { findings, error, isPlanning }, highlight) {
  const key = JSON.stringify([findings, error, isPlanning]);
  if (key === shown) return;
  shown = key;
  const errors = findings.filter(({ severity }) => severity === "error").length;
  tab.textContent = findings.length === 0 ? "Findings" : `Findings ${findings.length}`;
  tab.dataset.kind = errors > 0 || error ? "bad" : "";
  /** @type {HTMLElement[]} */
  const children = findings.map((finding) => item(finding, highlight));
  if (error && errors === 0) {
    children.unshift(make("p", { class: "problem", text: `${error.code}: ${error.message}` }));
  }
  if (children.length === 0) {
    const text = isPlanning ? "Looking at the composition…" : "Nothing to mend.";
    children.push(make("p", { class: "empty", text }));
  }
  box.replaceChildren(...children);
}
