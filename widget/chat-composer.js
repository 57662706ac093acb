/**
 * `<chat-composer>`: keeps what is written and chosen until it is sent. Fires `send` (`detail`: text, files) and
 * `typing` (`detail`: on or off, no more).
 */

import { LONGEST_TEXT, lengthOf } from "/static/common/writing.js";
import { define, h } from "/static/common/dom.js";
import { icon } from "./buttons.js";

const COUNT_FROM = LONGEST_TEXT - 1000;
const REPEAT = 3_000;
const IDLE = 5_000;

export class ChatComposer extends HTMLElement {
  #words;
  #text;
  #tray;
  #count = h("p", { class: "count", id: "count", "aria-live": "polite", hidden: true });
  #sentAt = 0;
  #idle = 0;

  constructor(words) {
    super();
    this.#words = words;
    const write = words.say("write");
    this.#text = h("textarea", {
      autocomplete: "off", // or the browser would write down what is not sent, to bring the tab back
      rows: 1,
      dir: "auto",
      placeholder: write,
      "aria-label": write,
      "aria-describedby": "count",
      enterkeyhint: "send",
      input: () => this.#typed(),
      keydown: (event) => this.#pressed(event),
      paste: ({ clipboardData }) => this.#attach(clipboardData.files),
    });
    const pick = h("input", { type: "file", multiple: true, hidden: true, change: () => this.#picked(pick) });
    const attach = h(
      "button",
      { type: "button", class: "round", "aria-label": words.say("attach"), click: () => pick.click() },
      icon("attach"),
    );
    const send = h("button", { class: "send", "aria-label": words.say("send") }, icon("send"));
    this.append(h("form", { submit: (event) => this.#send(event) }, pick, attach, this.#text, send), this.#count);
    // Wherever a file is dropped, or the browser would leave the chat to show it.
    for (const name of ["dragover", "drop"])
      document.addEventListener(name, (event) => {
        event.preventDefault();
        this.#attach(event.dataTransfer.files);
      });
  }

  focus() {
    this.#text.focus();
  }

  /** Emptied, or the same file could not be chosen twice. */
  #picked(pick) {
    this.#attach(pick.files);
    pick.value = "";
  }

  async #attach(list) {
    const files = [...list];
    if (!files.length || !this.checkVisibility()) return;
    const { FileTray } = await import("./file-tray.js");
    if (!this.#tray) this.prepend((this.#tray = new FileTray(this.#words)));
    this.#tray.add(files);
    this.focus();
  }

  #typed() {
    this.#fit();
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.#tell(false), IDLE);
    this.#tell(this.#text.value !== "");
  }

  #tell(on) {
    if (on ? Date.now() - this.#sentAt < REPEAT : !this.#sentAt) return;
    this.#sentAt = on ? Date.now() : 0;
    this.dispatchEvent(new CustomEvent("typing", { detail: on }));
  }

  /** As high as the text; the style sheet stops it at six lines. */
  #fit() {
    const { style, value } = this.#text;
    style.blockSize = "auto";
    style.blockSize = `${this.#text.scrollHeight + 2}px`;
    const length = lengthOf(value.trim());
    const over = length > LONGEST_TEXT;
    this.#text.ariaInvalid = String(over);
    this.#count.hidden = length < COUNT_FROM;
    this.#count.textContent = this.#words.say(over ? "too_long" : "length", { length, limit: LONGEST_TEXT });
  }

  /** Enter sends. The Enter that chooses a word in an input method does not come here. */
  #pressed(event) {
    if (event.key === "Enter" && !event.shiftKey) this.#send(event);
  }

  #send(event) {
    event.preventDefault();
    this.#text.focus();
    const text = this.#text.value.trim();
    const files = this.#tray?.files ?? [];
    if (!(text || files.length) || this.#text.ariaInvalid === "true") return;
    this.#text.value = "";
    this.#typed();
    this.#tray?.clear();
    this.dispatchEvent(new CustomEvent("send", { detail: [text, files] }));
  }
}

define("chat-composer", ChatComposer);
