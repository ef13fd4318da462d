// The composition's variables as a form; what is changed there shows at once.
//
//   new Variables(box, change)     *change(values)* is called with all values that were set
//   .show(declared, values)        what the root's composition declares, and what is set now

import { make } from "./dom.js";

const PATIENCE_MS = 120;
// Where an image has its address, or a font its family, if they are more than that.
const partOf = (value) =>
  value !== null && typeof value === "object"
    ? (["url", "family", "name"].find((part) => typeof value[part] === "string") ?? "")
    : "";
const optionOf = (item) => (item !== null && typeof item === "object" ? item : { value: item });

export class Variables {
  constructor(box, change) {
    this.box = box;
    this.change = change;
    this.values = {};
    this.shown = "";
    this.timer = 0;
  }

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
        /** @type {HTMLElement} */ (document.activeElement)?.blur();
        this.send({});
      },
    });
  }

  send(values) {
    this.values = values;
    clearTimeout(this.timer);
    const timer = setTimeout(async () => {
      await this.change(this.values);
      if (this.timer === timer) this.timer = 0;
    }, PATIENCE_MS);
    this.timer = timer;
  }

  set(id, value) {
    this.send({ ...this.values, [id]: value });
    const button = this.box.querySelector("#reset-variables");
    if (button) button.disabled = false;
  }

  field(item) {
    const id = `var-${item.id}`;
    const value = this.values[item.id] ?? item.default;
    const input = this.input(item, id, value);
    const label = make("label", { htmlFor: id, text: item.label ?? item.id });
    if (item.label && item.label !== item.id) label.append(make("code", { text: item.id }));
    const isSwitch = item.type === "boolean";
    return make("div", { class: isSwitch ? "field switch" : "field" }, label, input);
  }

  input(item, id, value) {
    switch (item.type) {
      case "boolean":
        return make("input", {
          ...{ id, type: "checkbox", checked: value === true },
          onchange: ({ target }) => this.set(item.id, target.checked),
        });
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

  // *part* is what of an object is edited; "": all there is.
  text(item, id, value, part = "") {
    const text = part === "" ? value : value[part];
    const isPlain = typeof text === "string" || text === undefined;
    return make("textarea", {
      ...{ id, rows: 1, spellcheck: false, value: isPlain ? (text ?? "") : JSON.stringify(value) },
      oninput: ({ target }) => {
        if (part !== "") {
          this.set(item.id, { ...value, [part]: target.value });
          return;
        }
        if (isPlain) {
          this.set(item.id, target.value);
          return;
        }
        try {
          this.set(item.id, JSON.parse(target.value));
          target.setCustomValidity("");
        } catch {
          target.setCustomValidity("not JSON yet");
        }
      },
    });
  }

  number(item, id, value) {
    const { min, max, step } = item;
    const take = ({ target }) => {
      if (target.value === "" || !Number.isFinite(Number(target.value))) return;
      for (const other of target.parentElement?.querySelectorAll("input") ?? [])
        other.value = target.value;
      this.set(item.id, Number(target.value));
    };
    const box = make("input", {
      id,
      type: "number",
      min,
      max,
      step: step ?? "any",
      value: value ?? "",
      oninput: take,
    });
    if (typeof min !== "number" || typeof max !== "number") return box;
    const slide = make("input", {
      ...{ type: "range", min, max, step: step ?? (max - min) / 100, value, oninput: take },
      "aria-label": `${item.label ?? item.id}, slider`,
    });
    return make("div", { class: "pair" }, slide, box);
  }

  colour(item, id, value) {
    const isHex = /^#[0-9a-f]{6}$/i.test(value ?? "");
    const take = ({ target }) => {
      const [picker, text] = target.parentElement.querySelectorAll("input");
      if (target === picker) text.value = target.value;
      else if (/^#[0-9a-f]{6}$/i.test(target.value)) picker.value = target.value;
      this.set(item.id, target.value);
    };
    return make(
      "div",
      { class: "pair colour" },
      make("input", {
        ...{ type: "color", value: isHex ? value : "#000000", oninput: take },
        "aria-label": `${item.label ?? item.id}, picker`,
      }),
      make("input", { id, type: "text", spellcheck: false, value: value ?? "", oninput: take }),
    );
  }

  choice(item, id, value) {
    const options = (item.options ?? []).map(optionOf);
    const chosen = options.findIndex((option) => option.value === value);
    return make(
      "select",
      { id, onchange: ({ target }) => this.set(item.id, options[target.selectedIndex].value) },
      ...options.map((option, index) =>
        make("option", { text: option.label ?? String(option.value), selected: index === chosen }),
      ),
    );
  }
}
