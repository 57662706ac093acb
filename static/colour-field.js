// <colour-field>: shows the chosen colour with the text that will stand on it, and the contrast between the two.

/** The relative luminance of "#rrggbb" (WCAG 2.2), 0 to 1. */
export function luminance(hex) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

/** The contrast of two luminances (WCAG 2.2), 1 to 21. */
export const contrast = (one, other) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);

class ColourField extends HTMLElement {
  connectedCallback() {
    const input = this.querySelector("input");
    input.addEventListener("input", () => this.#show(input.value));
    this.#show(input.value);
  }

  #show(hex) {
    const ground = luminance(hex);
    const white = contrast(ground, 1);
    const black = contrast(ground, 0);
    const sample = this.querySelector(".colour-sample");
    sample.style.setProperty("--accent", hex);
    sample.style.setProperty("--on-accent", white >= black ? "#fff" : "#000");
    const output = this.querySelector("output");
    output.value = output.dataset.text.replace("{ratio}", Math.max(white, black).toFixed(1));
  }
}

if (!customElements.get("colour-field")) customElements.define("colour-field", ColourField);
