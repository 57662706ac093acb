/**
 * <passkey-button>: its button asks the browser for a passkey, or with `data-make` for a new one, and sends the form
 * around it with the answer in the field `data-field`. It stays hidden where there are no passkeys.
 */

import { made, NotShown, shown, usable } from "./passkeys.js";

const LATE = 429;

class PasskeyButton extends HTMLElement {
  connectedCallback() {
    if (!usable()) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.#ask());
  }

  async #ask() {
    const { challenge, field, make } = this.dataset;
    const form = this.closest("form");
    if (make !== undefined && !form.reportValidity()) return;
    const wrong = this.querySelector("[role=alert]");
    wrong.textContent = "";
    try {
      const answer = await (make === undefined ? shown : made)(challenge, form.elements.csrf?.value);
      form.elements[field].value = JSON.stringify(answer);
    } catch (error) {
      wrong.textContent = this.#why(error);
      return;
    }
    form.submit(); // unchecked: what else the form asks for is not needed with one
  }

  #why(error) {
    const { refused, late, away } = this.dataset;
    if (!(error instanceof NotShown) || error.status === null) return refused;
    return error.status === LATE ? late : away;
  }
}

if (!customElements.get("passkey-button")) customElements.define("passkey-button", PasskeyButton);
