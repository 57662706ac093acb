/** The quarantine's page: select all that is shown, how many are selected, and its keys. */

import { define } from "./common/dom.js";

class HeldList extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", () => this.#count());
    const all = this.#all;
    if (!all) return;
    all.dataset.every = all.textContent;
    all.hidden = false;
    all.addEventListener("click", () => this.#selectAll());
    document.addEventListener("keydown", (event) => this.#key(event));
    addEventListener("pageshow", () => this.#count());
    this.#count();
  }

  get #all() {
    return this.querySelector("[data-all]");
  }

  get #boxes() {
    return [...this.querySelectorAll("[name=held][type=checkbox]")];
  }

  #selectAll() {
    const boxes = this.#boxes;
    const on = !boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = on;
    this.#count();
  }

  #count() {
    const boxes = this.#boxes;
    const count = boxes.filter((box) => box.checked).length;
    const output = this.querySelector("output");
    if (output) output.textContent = count ? output.dataset.text.replace("{count}", count) : "";
    const full = count > 0 && count === boxes.length;
    this.#all.textContent = full ? this.#all.dataset.none : this.#all.dataset.every;
    this.#all.setAttribute("aria-pressed", String(full));
  }

  #key(event) {
    const { target, key } = event;
    if (
      event.ctrlKey ||
      event.metaKey ||
      event.altKey ||
      target.matches("textarea, select, input:not([type=checkbox])")
    )
      return;
    const boxes = this.#boxes;
    const here = boxes.indexOf(document.activeElement);
    const actions = {
      j: () => boxes[Math.min(here + 1, boxes.length - 1)]?.focus(),
      k: () => boxes[Math.max(here - 1, 0)]?.focus(),
      x: () => boxes[here]?.click(),
      a: () => this.#selectAll(),
    };
    if (!actions[key]) return;
    event.preventDefault();
    actions[key]();
  }
}

define("held-list", HeldList);
