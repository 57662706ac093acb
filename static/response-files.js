/** <response-files>: the files that go with a saved reply: shown once it is opened, added, taken out. */

import { boot } from "./boot.js";
import { upload } from "./common/uploads.js";
import { confirmed } from "./confirm-dialog.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { rest } from "./rest.js";
import { bytes } from "./sizes.js";
import { t } from "./words.js";

const REASONS = new Set(["file_refused", "file_too_large", "not_now", "not_found", "storage_full", "unreachable"]);

class ResponseFiles extends HTMLElement {
  #list = this.querySelector("ul");
  #pick = this.querySelector("input");
  #button = this.querySelector("button");
  #wrong = this.querySelector(".field-error");
  #done = this.querySelector("[role=status]");
  #files = [];

  connectedCallback() {
    const card = this.closest("details");
    const read = () => card.open && this.#try(() => this.#read());
    card.addEventListener("toggle", read);
    this.#button.addEventListener("click", () => this.#pick.click());
    this.#pick.addEventListener("change", () => this.#try(() => this.#add([...this.#pick.files])));
    read();
  }

  get #at() {
    return `${this.dataset.of}/attachments`;
  }

  async #read() {
    this.#files = (await rest("GET", this.#at)).items;
    return "";
  }

  // One after another: what was kept stays, however the next one ends.
  async #add(files) {
    const to = { url: `/api/v1${this.#at}`, headers: { "X-CSRF-Token": boot.csrf } };
    this.#pick.value = "";
    for (const file of files) {
      const each = { name: file.name, size: file.size, file };
      const code = await upload([each], to, () => {});
      if (code) return why(code, file.name);
      this.#files = [...this.#files, each];
      this.#draw();
    }
    this.#done.textContent = t("common.saved");
    return "";
  }

  async #take({ id, name }) {
    const title = t("response_files.take.title", { name });
    if (!(await confirmed({ title, lines: [t("response_files.take.lines")], action: t("response_files.take") })))
      return;
    await this.#try(() => this.#delete(id));
    this.#button.focus();
  }

  async #delete(id) {
    await rest("DELETE", `${this.#at}/${id}`).catch((problem) => {
      if (problem.status !== 404) throw problem; // somebody took it out already
    });
    this.#files = this.#files.filter((each) => each.id !== id);
    this.#done.textContent = t("common.saved");
    return "";
  }

  /** Does it, and says what it says is wrong. */
  async #try(work) {
    this.#done.textContent = "";
    this.#wrong.hidden = true;
    this.ariaBusy = "true";
    const wrong = await work().catch(({ status, code }) => why(status ? code : "unreachable"));
    this.ariaBusy = "false";
    this.#wrong.textContent = wrong;
    this.#wrong.hidden = !wrong;
    this.#draw();
  }

  #draw() {
    this.#list.hidden = !this.#files.length;
    this.#list.replaceChildren(...this.#files.map((file) => this.#line(file)));
  }

  #line(file) {
    const { name, size } = file;
    const label = t("response_files.take.label", { name });
    const take = h(
      "button",
      { class: "button is-icon is-quiet", type: "button", "aria-label": label, click: () => this.#take(file) },
      icon("close"),
    );
    return h("li", {}, h("bdi", {}, name), h("span", { class: "file-size" }, bytes(size)), take);
  }
}

const why = (code, name = "") => t(`response_files.why.${REASONS.has(code) ? code : "unavailable"}`, { name });

define("response-files", ResponseFiles);
