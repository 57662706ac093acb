/** <file-tray>: the files chosen for a reply; they stay in this tab until it is sent. */

import { define, h } from "./common/dom.js";
import { MOST_FILES } from "./common/uploads.js";
import { icon } from "./icons.js";
import { t } from "./words.js";

export class FileTray extends HTMLElement {
  files = [];

  connectedCallback() {
    this.classList.add("files");
    this.#draw();
  }

  add(files) {
    this.files = [...this.files, ...files].slice(0, MOST_FILES);
    this.#draw();
  }

  clear() {
    this.files = [];
    this.#draw();
  }

  #draw() {
    this.replaceChildren(...this.files.map((file) => this.#chip(file)));
  }

  #chip(file) {
    const drop = () => {
      this.files = this.files.filter((each) => each !== file);
      this.#draw();
    };
    const label = t("inbox.file.remove", { name: file.name });
    return h(
      "span",
      { class: "chip" },
      h("bdi", {}, file.name),
      h(
        "button",
        { class: "button is-icon is-quiet", type: "button", "aria-label": label, click: drop },
        icon("close"),
      ),
    );
  }
}

define("file-tray", FileTray);
