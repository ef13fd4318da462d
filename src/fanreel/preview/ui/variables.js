// The composition's variables as a form; what is changed there shows at once.
//
//   new Variables(box, change)     *change(values)* is called with all values that were set
//   .show(declared, values)        what the root's composition declares, and what is set now

import { make } from "./dom.js";

/** @import { Values, Variable } from "./types.d.ts" */
/** @typedef {{value?: unknown, label?: string}} Option */

const PATIENCE_MS = 120;

/**
 * @param {unknown} value
 * @returns {value is Values}
 */
const isObject = (value) => value !== null && typeof value === "object";

// Where an image has its address, or a font its family, if they are more than that.
/** @param {unknown} value */
const partOf = (value) =>
  isObject(value)
    ? (["url", "family", "name"].find((part) => typeof value[part] === "string") ?? "")
    : "";

/** @type {(item: unknown) => Option} */
const optionOf = (item) => (isObject(item) ? item : { value: item });

// As an input shows it.
/** @param {unknown} value */
const textOf = (value) => (value === null || value === undefined ? "" : String(value));

export class Variables {
  /** @type {Values} */
  values = {};
  shown = "";
  timer = 0;

  /**
   * @param {HTMLElement} box
   * @param {(values: Values) => Promise<unknown>} change
   */
  constructor(box, change) {
    this.box = box;
    this.change = change;
  }

  /**
   * @param {Variable[]} declared
   * @param {Values} values
   */
  show(declared, values) {
    // What is not sent yet, or not taken, is not undone by what the server knew before.
    if (this.timer === 0) this.values = { ...values };
    const key = JSON.stringify(declared);
    // While somebody types, the form stays as it is.
    if (key === this.shown && this.box.contains(document.activeElement)) return;
    this.shown = key;
    this.box.replaceChildren(
      declared.length === 0
        ? make("p", { class: "empty", text: "This composition declares no variables." })
        : make(
            "form",
            { onsubmit: (event) => event.preventDefault() },
            ...declared.map((item) => this.field(item)),
            this.reset(),
          ),
    );
  }

  reset() {
    return make("button", {
      type: "button",
      id: "reset-variables",
      text: "Back to the defaults",
      disabled: Object.keys(this.values).length === 0,
      onclick: () => {
        this.shown = "";
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        this.send({});
      },
    });
  }

  /** @param {Values} values */
  send(values) {
    this.values = values;
    clearTimeout(this.timer);
    const timer = setTimeout(async () => {
      await this.change(this.values);
      if (this.timer === timer) this.timer = 0;
    }, PATIENCE_MS);
    this.timer = timer;
  }

  /**
   * @param {string} id
   * @param {unknown} value
   */
  set(id, value) {
    this.send({ ...this.values, [id]: value });
    const button = this.box.querySelector("button");
    if (button) button.disabled = false;
  }

  /** @param {Variable} item */
  field(item) {
    const id = `var-${item.id}`;
    const value = this.values[item.id] ?? item.default;
    const input = this.input(item, id, value);
    const label = make("label", { htmlFor: id, text: item.label ?? item.id });
    if (item.label && item.label !== item.id) label.append(make("code", { text: item.id }));
    const isSwitch = item.type === "boolean";
    return make("div", { class: isSwitch ? "field switch" : "field" }, label, input);
  }

  /**
   * @param {Variable} item
   * @param {string} id
   * @param {unknown} value
   */
  input(item, id, value) {
    switch (item.type) {
      case "boolean":
        return this.switch(item, id, value);
      case "number":
        return this.number(item, id, value);
      case "color":
        return this.colour(item, id, value);
      case "enum":
        return this.choice(item, id, value);
      case "image":
      case "font":
        return this.text(item, id, value, partOf(value));
      default:
        return this.text(item, id, value);
    }
  }

  /**
   * @param {Variable} item
   * @param {string} id
   * @param {unknown} value
   */
  switch(item, id, value) {
    const box = make("input", { id, type: "checkbox", checked: value === true });
    box.addEventListener("change", () => this.set(item.id, box.checked));
    return box;
  }

  // *part* is what of an object is edited; "": all there is.
  /**
   * @param {Variable} item
   * @param {string} id
   * @param {unknown} value
   * @param {string} part
   */
  text(item, id, value, part = "") {
    const text = part !== "" && isObject(value) ? value[part] : value;
    const isPlain = typeof text === "string" || text === undefined;
    const shown = isPlain ? (text ?? "") : JSON.stringify(value);
    const area = make("textarea", { id, rows: 1, spellcheck: false, value: shown });
    area.addEventListener("input", () => {
      if (part !== "" && isObject(value)) {
        this.set(item.id, { ...value, [part]: area.value });
        return;
      }
      if (isPlain) {
        this.set(item.id, area.value);
        return;
      }
      try {
        this.set(item.id, JSON.parse(area.value));
        area.setCustomValidity("");
      } catch {
        area.setCustomValidity("not JSON yet");
      }
    });
    return area;
  }

  /**
   * @param {Variable} item
   * @param {string} id
   * @param {unknown} value
   */
  number(item, id, value) {
    const { min, max, step } = item;
    const [plain, shown] = [step ?? "any", textOf(value)];
    const box = make("input", { id, type: "number", min, max, step: plain, value: shown });
    if (typeof min !== "number" || typeof max !== "number") return this.#numbers(item, [box])[0];
    const slide = make("input", {
      ...{ type: "range", min, max, step: step ?? (max - min) / 100, value: shown },
      "aria-label": `${item.label ?? item.id}, slider`,
    });
    return make("div", { class: "pair" }, ...this.#numbers(item, [slide, box]));
  }

  // Inputs of one number: what is put into one is in all.
  /**
   * @param {Variable} item
   * @param {HTMLInputElement[]} inputs
   */
  #numbers(item, inputs) {
    for (const input of inputs) {
      input.addEventListener("input", () => {
        if (input.value === "" || !Number.isFinite(Number(input.value))) return;
        for (const other of inputs) other.value = input.value;
        this.set(item.id, Number(input.value));
      });
    }
    return inputs;
  }

  /**
   * @param {Variable} item
   * @param {string} id
   * @param {unknown} value
   */
  colour(item, id, value) {
    const isHex = (/** @type {string} */ written) => /^#[0-9a-f]{6}$/i.test(written);
    const shown = textOf(value);
    const picker = make("input", {
      ...{ type: "color", value: isHex(shown) ? shown : "#000000" },
      "aria-label": `${item.label ?? item.id}, picker`,
    });
    const text = make("input", { id, type: "text", spellcheck: false, value: shown });
    picker.addEventListener("input", () => {
      text.value = picker.value;
      this.set(item.id, picker.value);
    });
    text.addEventListener("input", () => {
      if (isHex(text.value)) picker.value = text.value;
      this.set(item.id, text.value);
    });
    return make("div", { class: "pair colour" }, picker, text);
  }

  /**
   * @param {Variable} item
   * @param {string} id
   * @param {unknown} value
   */
  choice(item, id, value) {
    const options = (item.options ?? []).map(optionOf);
    const chosen = options.findIndex((option) => option.value === value);
    const select = make(
      "select",
      { id },
      ...options.map((option, index) =>
        make("option", { text: option.label ?? String(option.value), selected: index === chosen }),
      ),
    );
    select.addEventListener("change", () => this.set(item.id, options[select.selectedIndex].value));
    return select;
  }
}
