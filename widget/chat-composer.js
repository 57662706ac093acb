/** `<chat-composer>`: keeps what is typed until it is sent. Fires `send` (`detail`: the text) and `typing` (`detail`: on or off, no more). */

import { define, icon, make } from "./dom.js";
import { LONGEST_TEXT } from "./transcript.js";

const COUNT_FROM = LONGEST_TEXT - 1000;
const REPEAT = 3_000;
const IDLE = 5_000;

export class ChatComposer extends HTMLElement {
  #words;
  #text;
  #count = make("p", { class: "count", id: "count", "aria-live": "polite", hidden: true });
  #told = 0;
  #idle = 0;

  constructor(words) {
    super();
    this.#words = words;
    const write = words.say("write");
    this.#text = make("textarea", {
      rows: 1, dir: "auto", placeholder: write, "aria-label": write, "aria-describedby": "count", enterkeyhint: "send",
      input: () => this.#typed(), keydown: (event) => this.#pressed(event),
    });
    const send = make("button", { class: "send", "aria-label": words.say("send") }, icon("send"));
    this.append(make("form", { submit: (event) => this.#send(event) }, this.#text, send), this.#count);
  }

  focus() {
    this.#text.focus();
  }

  #typed() {
    this.#fit();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#tell(false), IDLE);
    this.#tell(this.#text.value !== "");
  }

  #tell(on) {
    if (on ? Date.now() - this.#told < REPEAT : !this.#told) return;
    this.#told = on ? Date.now() : 0;
    this.dispatchEvent(new CustomEvent("typing", { detail: on }));
  }

  /** As high as the text; the style sheet stops it at six lines. */
  #fit() {
    const { style, value } = this.#text;
    style.blockSize = "auto";
    style.blockSize = `${this.#text.scrollHeight + 2}px`;
    const length = [...value.trim()].length;
    const over = length > LONGEST_TEXT;
    this.#text.ariaInvalid = String(over);
    this.#count.hidden = length < COUNT_FROM;
    this.#count.textContent = this.#words.say(over ? "too_long" : "length", { length, limit: LONGEST_TEXT });
  }

  /** Enter sends, unless it chooses a word in an input method. */
  #pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#send(event);
  }

  #send(event) {
    event.preventDefault();
    this.#text.focus();
    const text = this.#text.value.trim();
    if (!text || this.#text.ariaInvalid === "true") return;
    this.#text.value = "";
    this.#typed();
    this.dispatchEvent(new CustomEvent("send", { detail: text }));
  }
}

define("chat-composer", ChatComposer);
