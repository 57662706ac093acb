/** <colour-field>: shows the chosen colour with the text that will stand on it, and the contrast between the two. */

import { contrast, luminance, wear } from "../widget-assets/colour.js";

class ColourField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    input.addEventListener("input", () => this.#show(input.value));
    this.#show(input.value);
  }

  #show(hex) {
    const sample = this.querySelector(".colour-sample");
    wear(hex, sample);
    const text = sample.style.getPropertyValue("--on-accent") === "#fff" ? 1 : 0;
    const ratio = contrast(luminance(hex), text);
    const output = this.querySelector("output");
    output.value = output.dataset.text.replace("{ratio}", ratio.toFixed(1));
  }
}

if (!customElements.get("colour-field")) customElements.define("colour-field", ColourField);
