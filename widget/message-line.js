/** `<message-line>`: one thing said, with who, when and how it stands; always text, whatever was written. */

import { define, h } from "/static/common/dom.js";
import { button } from "./buttons.js";
import { linked } from "./links.js";
import { fetchPart } from "./parts.js";

/** Sending them again would end alike. */
const FINAL = new Set(["too_large", "file_too_large", "file_refused"]);

/** A portrait, or the first letter of a name. One that was taken away meanwhile leaves its place empty. */
const face = ({ portrait, name }) =>
  portrait
    ? h("img", { class: "face", src: `/portraits/${portrait}`, alt: "" })
    : name && h("i", { class: "face", "aria-hidden": true }, [...name][0]);

export class MessageLine extends HTMLElement {
  #words;
  #act;
  #api;
  #text;
  #files = h("div", { class: "files" });
  #standing = h("p", { class: "standing", "aria-live": "off" });

  /** `act`: `retry(id)`, `drop(id)`, `edit(seq, text)`. */
  constructor(words, act, api) {
    super();
    this.#words = words;
    this.#act = act;
    this.#api = api;
  }

  /** `first` of its group; `standing`: sending, waiting, failed, sent, seen, or null; `own`: it may be changed. */
  show(line, first, standing, own) {
    if (this.#text !== line.text) this.#fill(line);
    this.#attach(line.attachments ?? []);
    this.classList.toggle("first", first);
    const is = own ? `${standing} own` : `${standing}`;
    if (this.#standing.dataset.is === is) return;
    this.#standing.dataset.is = is;
    this.#standing.ariaLive = standing === "failed" ? "assertive" : "off";
    this.#standing.replaceChildren(...this.#stands(line, standing));
    if (own)
      this.#standing.append(
        " · ",
        button("link", () => this.#edit(line.seq), this.#words.say("edit")),
      );
  }

  #fill({ author, text, at, edited }) {
    const words = this.#words;
    this.#text = text;
    this.className = author.kind;
    // An agent without a name was deleted.
    const other = author.name ?? (author.kind === "agent" ? words.say("former") : "");
    const name = author.kind === "visitor" ? words.say("you") : other;
    const said = text === null ? [h("i", {}, words.say("removed"))] : linked(text);
    const time = h(
      "time",
      { datetime: at, title: words.when(at, "moment") },
      words.when(at, "time"),
      edited && text && ` · ${words.say("edited")}`,
    );
    const row = h(
      "div",
      { class: "row", click: () => row.classList.toggle("timed") },
      h("div", { class: "bubble", dir: "auto" }, ...said),
      time,
    );
    row.firstChild.hidden = text === "";
    this.replaceChildren(
      h("p", { class: "author" }, face(author), h("bdi", {}, name)),
      row,
      this.#files,
      this.#standing,
    );
  }

  /** In the place of what it says now, until it says something else or is left. */
  async #edit(seq) {
    const { EditForm } = await fetchPart("edit", this.#words).catch(() => ({}));
    if (!EditForm) return this.#standing.append(" ", this.#words.reason("unreachable"));
    const form = new EditForm(this.#words, this.#text, (text) => this.#act.edit(seq, text));
    const done = () => {
      form.remove();
      this.classList.remove("editing");
      (this.querySelector(".standing button") ?? this.closest(".log")).focus();
    };
    form.addEventListener("done", done);
    this.classList.add("editing");
    this.append(form);
    return form.focus();
  }

  async #attach(files) {
    const shows = JSON.stringify(files);
    if ((this.#files.dataset.shows ?? "[]") === shows) return;
    this.#files.dataset.shows = shows;
    const { drawn } = await import("./file-tray.js");
    if (this.#files.dataset.shows === shows) this.#files.replaceChildren(...drawn(files, this.#words, this.#api));
  }

  #stands({ id, code }, standing) {
    if (!standing) return [];
    const words = this.#words;
    const said = [words.say(`standing.${standing}`)];
    if (code) said.push(` ${words.reason(code)} `);
    if (standing === "failed")
      said.push(
        FINAL.has(code)
          ? button("link", () => this.#act.drop(id), words.say("discard"))
          : button("link", () => this.#act.retry(id), words.say("try_again")),
      );
    return said;
  }
}

define("message-line", MessageLine);
