/** <theme-switch>: its radio buttons choose light, dark or what the system says; this browser remembers. */

const KEY = "lethe:theme";

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    const chosen = document.documentElement.dataset.theme ?? "";
    for (const input of this.querySelectorAll("input")) input.checked = input.value === chosen;
    this.addEventListener("change", ({ target }) => this.#choose(target.value));
  }

  #choose(theme) {
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It holds for this page then.
    }
  }
}

if (!customElements.get("theme-switch")) customElements.define("theme-switch", ThemeSwitch);
