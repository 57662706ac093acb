/** <toast-line>: one line that says what was just done, with a way back where there is one. */

import { define, h } from "./common/dom.js";
import { t } from "./words.js";

const STAYS = 8000;

class ToastLine extends HTMLElement {
  #timer = 0;

  connectedCallback() {
    this.setAttribute("role", "status");
    this.addEventListener("pointerenter", () => clearTimeout(this.#timer));
    this.addEventListener("pointerleave", () => this.#leave());
  }

  /** Says `text`; `undo`, if given, is offered as a button. */
  say(text, undo = null) {
    const back = () => {
      this.replaceChildren();
      undo();
    };
    const button = undo && h("button", { class: "link-button", type: "button", click: back }, t("common.undo"));
    this.replaceChildren(h("p", { class: "toast" }, h("span", {}, text), button ?? ""));
    this.#leave();
  }

  clear() {
    clearTimeout(this.#timer);
    this.replaceChildren();
  }

  #leave() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.clear(), STAYS);
  }
}

define("toast-line", ToastLine);
