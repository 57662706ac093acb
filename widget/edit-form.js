/** `<edit-form>`: the visitor's own message, to be changed or taken back. Fetched when somebody wants to. */

import { LONGEST_TEXT } from "/static/common/writing.js";
import { define, h } from "/static/common/dom.js";
import { button } from "./buttons.js";

export class EditForm extends HTMLElement {
  #words;
  #before;
  #ask;
  #text;
  #why = h("p", { class: "wrong", role: "alert" });

  /** `ask(text)` resolves to why it was not changed (a code), or ""; null takes it back. Fires `done`. */
  constructor(words, text, ask) {
    super();
    this.#words = words;
    this.#before = text;
    this.#ask = ask;
    this.#text = h("textarea", {
      rows: 2,
      dir: "auto",
      maxlength: LONGEST_TEXT,
      "aria-label": words.say("edit_text"),
      keydown: (event) => this.#pressed(event),
    });
    this.#text.value = text;
    this.append(
      h(
        "form",
        { submit: (event) => this.#save(event) },
        this.#text,
        this.#why,
        h("button", { class: "primary" }, words.say("edit_save")),
        button("quiet", () => this.#done(), words.say("edit_cancel")),
        button("link", () => this.#send(null), words.say("edit_back")),
      ),
    );
  }

  focus() {
    this.#text.focus();
  }

  /** Enter saves as it sends; Escape leaves this and not the chat. */
  #pressed(event) {
    if (event.key === "Enter" && !event.shiftKey) this.#save(event);
    if (event.key !== "Escape") return;
    event.stopPropagation();
    this.#done();
  }

  #save(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (text === this.#before) this.#done();
    else if (text) this.#send(text);
  }

  async #send(text) {
    if (this.ariaBusy === "true") return;
    this.ariaBusy = "true";
    const code = await this.#ask(text);
    this.ariaBusy = "false";
    if (code) this.#why.textContent = code === "not_now" ? this.#words.say("edit_late") : this.#words.reason(code);
    else this.#done();
  }

  #done() {
    this.dispatchEvent(new Event("done"));
  }
}

define("edit-form", EditForm);
