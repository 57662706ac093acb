/**
 * <file-tray>: the files chosen for a reply; they stay in this tab until it is sent. Of a saved reply it holds which ones:
 * {saved: the file's id, name, size}.
 */

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

  /** Adds `files`, each once, as many as go with one message; gives what to say of those that are left out. */
  add(files) {
    const more = files.filter(({ saved }) => !saved || this.files.every((each) => each.saved !== saved));
    const all = [...this.files, ...more];
    this.files = all.slice(0, MOST_FILES);
    this.#draw();
    return all.length > MOST_FILES ? t("inbox.file.left_out", { count: all.length - MOST_FILES }) : "";
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
