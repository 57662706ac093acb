/**
 * A list beside a field in which one goes on typing: the combobox with a list of the ARIA Authoring Practices, for a
 * field that is a textarea. The focus stays in the field, and says by `aria-activedescendant` where the keys are.
 */

import { h } from "./common/dom.js";
import { t } from "./words.js";

let made = 0;

export class Suggestions {
  #field;
  #name = `suggestions-${(made += 1)}`;
  #list;
  #count = h("p", { class: "for-ears", role: "status" });
  #choices = [];
  #at = 0;

  /** @param {HTMLTextAreaElement} field in which one types; `label` is what the list holds */
  constructor(field, label) {
    this.#field = field;
    this.#list = h("ul", { class: "suggestions", role: "listbox", id: this.#name, "aria-label": label, hidden: true });
    // The press that chooses must not take the focus, or a phone folds its keyboard.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    field.addEventListener("blur", () => this.hide());
  }

  /** Where it is drawn: just before the field. */
  get nodes() {
    return [this.#list, this.#count];
  }

  get open() {
    return !this.#list.hidden;
  }

  /** Shows `choices`, each {lines: nodes or texts, choose}; where there is none, `none` says so. */
  show(choices, none = "") {
    this.#choices = choices;
    this.#at = 0;
    this.#list.replaceChildren(...choices.map((each, place) => this.#option(each, place)));
    if (!choices.length && none)
      this.#list.append(h("li", { class: "suggestion is-quiet", role: "presentation" }, none));
    this.#list.hidden = !choices.length && !none;
    this.#count.textContent = this.open
      ? none && !choices.length
        ? none
        : t("inbox.suggestions", { count: choices.length })
      : "";
    for (const [name, value] of [
      ["aria-controls", this.#name],
      ["aria-autocomplete", "list"],
    ])
      this.#field.setAttribute(name, value);
    this.#point();
  }

  hide() {
    this.#list.hidden = true;
    this.#list.replaceChildren();
    this.#choices = [];
    this.#count.textContent = "";
    for (const name of ["aria-controls", "aria-autocomplete", "aria-activedescendant"])
      this.#field.removeAttribute(name);
  }

  /** Takes a key while it is open, and says whether it did. */
  key(event) {
    if (!this.open || event.isComposing) return false;
    const { key } = event;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (key === "Escape") this.hide();
    else if (step && this.#choices.length) this.#step(step);
    else if (["Enter", "Tab"].includes(key) && !event.shiftKey && this.#choices.length)
      this.#choices[this.#at].choose();
    else return false;
    event.preventDefault();
    return true;
  }

  #step(by) {
    this.#at = (this.#at + by + this.#choices.length) % this.#choices.length;
    this.#point();
  }

  #point() {
    const options = [...this.#list.querySelectorAll("[role=option]")];
    options.forEach((each, place) => each.setAttribute("aria-selected", String(place === this.#at)));
    const active = options[this.#at];
    if (!active) return this.#field.removeAttribute("aria-activedescendant");
    active.scrollIntoView({ block: "nearest" });
    return this.#field.setAttribute("aria-activedescendant", active.id);
  }

  #option({ lines, choose }, place) {
    return h("li", { class: "suggestion", role: "option", id: `${this.#name}-${place}`, click: choose }, lines);
  }
}

/** What stands before the cursor after a `mark` ("/" or "@") that begins a word: {word, from, to}, or null. */
export function typedAfter(mark, field) {
  const to = field.selectionStart;
  if (to !== field.selectionEnd) return null;
  const before = field.value.slice(0, to);
  const from = before.lastIndexOf(mark);
  if (from < 0 || /\S/.test(before[from - 1] ?? " ")) return null;
  const word = before.slice(from + 1);
  return word.length <= 40 && !/[\s/]/.test(word) ? { word, from, to } : null;
}

/** A text as it is compared: without case, accents and width, and with one sigma. */
export const folded = (text) => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase().replaceAll("ς", "σ");
