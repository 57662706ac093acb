/** <ticket-view>: the open ticket with its actions, transcript and composer, or why there is none to see. */

import { confirmed } from "./confirm-dialog.js";
import { arrange } from "./arrange.js";
import { define, h } from "./common/dom.js";
import { erasedLines } from "./erased.js";
import { icon } from "./icons.js";
import "./message-composer.js";
import "./ticket-actions.js";
import "./ticket-transcript.js";
import { named, t } from "./words.js";

class TicketView extends HTMLElement {
  #inbox;
  #say;
  #title = h("h2", { class: "ticket-title" });
  #actions = h("ticket-actions");
  #transcript = h("ticket-transcript");
  #composer = h("message-composer");
  #header = h("div", { class: "ticket-header" });

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {{back: () => void, contact: () => void, say: (text: string, undo?: () => void) => void}} around
   */
  begin(inbox, { back, contact, say }) {
    this.#inbox = inbox;
    this.#say = say;
    for (const part of [this.#actions, this.#transcript, this.#composer]) part.inbox = inbox;
    this.#actions.say = say;
    this.#transcript.act = this.#acts();
    this.#header.append(
      iconButton("back", "inbox.back", back, "only-narrow"),
      h("div", { class: "ticket-names" }, this.#title),
      iconButton("person", "inbox.contact", contact, "only-folded"),
      this.#actions,
    );
    inbox.addEventListener("ticket", () => this.#draw());
    inbox.addEventListener("line", () => this.#draw());
    this.#draw();
  }

  /** Puts the cursor where a reply or a note is written. */
  write(mode) {
    if (this.#inbox.open) this.#composer.write(mode);
  }

  /** Does what a key says: "solve", "assign" or "spam". */
  press(what) {
    this.#actions.press(what);
  }

  /** Puts the cursor at the ticket's end. */
  reach() {
    this.#transcript.querySelector(".scroll")?.focus();
  }

  #acts() {
    const inbox = this.#inbox;
    const tried = (work) => work.catch(() => this.#say(t("inbox.unreachable")));
    return {
      reveal: (seq) => tried(inbox.reveal(seq)),
      release: () => tried(inbox.judge(inbox.open.number, false)),
      retry: (id) => inbox.outbox.retry(id),
      discard: (id) => inbox.outbox.take(id),
      redact: (seq) => this.#sure("inbox.redact", {}, () => tried(inbox.redact(seq))),
      removeFile: ({ id, name }) => this.#sure("inbox.file", { name }, () => tried(inbox.removeFile(id))),
    };
  }

  async #sure(key, values, work) {
    const asked = { title: t(`${key}.title`, values), lines: [t(`${key}.lines`)], action: t("inbox.delete.action") };
    if (await confirmed(asked)) await work();
  }

  #draw() {
    const { open, trouble } = this.#inbox;
    if (!open || trouble) this.#transcript.clear();
    if (!open) return arrange(this, [this.#nothing()]);
    if (trouble) return arrange(this, [this.#header, open.erasure ? this.#erased(open) : this.#failure(trouble)]);
    const summary = open.summary ?? this.#inbox.tickets.get(open.number);
    this.#drawHeader(open.number, summary);
    this.#composer.show(open.number);
    arrange(this, [this.#header, open.loaded ? this.#transcript : this.#waiting, this.#composer]);
    return open.loaded && this.#transcript.draw();
  }

  #drawHeader(number, summary) {
    const name = summary ? named(summary.contact) : "";
    this.#title.replaceChildren(h("bdi", {}, name), " ", h("span", { class: "ticket-number" }, `#${number}`));
    this.#actions.hidden = !summary;
    if (!summary) this.#actions.clear();
    if (summary) this.#actions.draw(summary);
  }

  #waiting = h(
    "div",
    { class: "scroll is-loading", "aria-busy": "true" },
    ["is-visitor", "is-visitor", "is-agent", "is-visitor", "is-agent"].map((side) =>
      h("div", { class: `entry skeleton ${side}` }, h("span")),
    ),
  );

  #nothing() {
    return h(
      "div",
      { class: "state is-whole" },
      icon("speech"),
      h("p", { class: "state-title" }, t("inbox.choose")),
      h("p", {}, t("inbox.choose.how")),
    );
  }

  #erased({ number, erasure }) {
    this.#drawHeader(number, null);
    return h("div", { class: "state is-whole", role: "status" }, icon("trash"), erasedLines(erasure));
  }

  #failure(code) {
    const missing = code === "not_found";
    this.#drawHeader(this.#inbox.open.number, null);
    return h(
      "div",
      { class: "state is-whole", role: "alert" },
      h("p", { class: "state-title" }, t(missing ? "inbox.missing" : "inbox.broken")),
      h("p", {}, t(missing ? "inbox.missing.how" : "inbox.broken.how")),
    );
  }
}

function iconButton(sign, key, click, extra) {
  return h(
    "button",
    { class: `button is-icon ${extra}`, type: "button", "aria-label": t(key), title: t(key), click },
    icon(sign),
  );
}

define("ticket-view", TicketView);
