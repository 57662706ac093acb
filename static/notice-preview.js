/** <notice-preview>: shows, while the notice is being written, what a visitor will see of it. */

import { wear } from "../widget-assets/colour.js";

class NoticePreview extends HTMLElement {
  connectedCallback() {
    const form = document.getElementById(this.dataset.form);
    wear(this.dataset.colour, this);
    form.addEventListener("input", () => this.#draw(form));
    this.#draw(form);
    for (const button of document.querySelectorAll("[data-preview]")) {
      button.addEventListener("click", () => this.#turn(button));
    }
  }

  #draw(form) {
    for (const place of this.querySelectorAll("[data-show]"))
      place.textContent = form.elements[place.dataset.show].value || "…";
    for (const box of this.querySelectorAll("[data-part]"))
      box.hidden = !box.dataset.part.split(" ").some((name) => form.elements[`${this.dataset.locale}.${name}`].value);
  }

  #turn(button) {
    const mine = button.dataset.preview === this.dataset.locale;
    this.hidden = !mine;
    if (mine)
      for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
  }
}

if (!customElements.get("notice-preview")) customElements.define("notice-preview", NoticePreview);
