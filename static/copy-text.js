// <copy-text>: its button copies the code beside it.

class CopyText extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", ({ currentTarget }) => this.#copy(currentTarget));
  }

  async #copy(button) {
    const code = this.querySelector("code");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = button.dataset.done;
    } catch {
      getSelection().selectAllChildren(code);
    }
  }
}

if (!customElements.get("copy-text")) customElements.define("copy-text", CopyText);
