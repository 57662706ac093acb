/** Copies to the clipboard. <copy-text>: its button copies the code beside it. */

/** Copies `text`; false where the browser lets no page do so. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text); // which is missing without TLS
    return true;
  } catch {
    return copiedByHand(text);
  }
}

function copiedByHand(text) {
  const before = document.activeElement;
  const field = Object.assign(document.createElement("textarea"), {
    value: text,
    readOnly: true,
    className: "for-ears",
  });
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  before?.focus();
  return done;
}

class CopyText extends HTMLElement {
  connectedCallback() {
    this.querySelector("button").addEventListener("click", ({ currentTarget }) => this.#copy(currentTarget));
  }

  async #copy(button) {
    const code = this.querySelector("code");
    if (await copied(code.textContent)) button.textContent = button.dataset.done;
    else getSelection().selectAllChildren(code);
  }
}

if (!customElements.get("copy-text")) customElements.define("copy-text", CopyText);
