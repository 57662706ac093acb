/** <ticket-view>: the open ticket with its actions, transcript and composer, or why there is none to see. */

import { agentFace } from "./agent-face.js";
import { confirmed } from "./confirm-dialog.js";
import { arrange } from "./arrange.js";
import { define, h } from "./common/dom.js";
import { erasedLines } from "./erased.js";
import { edited } from "./edit-dialog.js";
import { icon } from "./icons.js";
import "./message-composer.js";
import "./ticket-actions.js";
import "./ticket-transcript.js";
import { minute, moment } from "./time.js";
import { ownLast } from "./transcript-rows.js";
import { named, t } from "./words.js";

class TicketView extends HTMLElement {
  #inbox;
  #say;
  #take;
  #looked = "";
  #title = h("h2", { class: "ticket-title" });
  #actions = h("ticket-actions");
  #transcript = h("ticket-transcript");
  #composer = h("message-composer");
  #lookers = h("p", { class: "lookers", role: "status" });
  #printed = h("p", { class: "only-print printed" });
  #header = h("div", { class: "ticket-header" });

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {{back: () => void, contact: () => void, say: (text: string, undo?: () => void) => void,
   *   solved: (number: number) => () => Promise<() => void>, take: () => void}} around
   */
  begin(inbox, { back, contact, say, solved, take }) {
    this.#inbox = inbox;
    this.#say = say;
    this.#composer.editLast = () => this.editLast();
    this.#take = take;
    for (const part of [this.#transcript, this.#composer]) part.inbox = inbox;
    this.#actions.begin(inbox, { say, solved });
    this.#transcript.act = this.#acts();
    this.#header.append(
      iconButton("back", "inbox.back", back, "only-narrow"),
      h("div", { class: "ticket-names" }, this.#title, this.#printed, this.#lookers),
      iconButton("person", "inbox.contact", contact, "only-folded"),
      this.#actions,
    );
    // Whose it is and of when stands on the paper, as what is said goes on.
    addEventListener("beforeprint", () => {
      const { site } = inbox.open?.summary ?? {};
      const values = { site: named(site), time: minute(Date.now()) };
      this.#printed.textContent = t("inbox.printed", values);
    });
    inbox.addEventListener("ticket", () => this.#draw());
    inbox.addEventListener("solve", ({ detail }) => this.#solve(detail));
    inbox.addEventListener("merge", () => this.#actions.press("merge"));
    inbox.addEventListener("line", () => this.#draw());
    inbox.views.addEventListener("change", () => inbox.open || this.#draw());
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

  // Solved only once the reply is stored, or that would open it again; by then another ticket may be open.
  #solve(number) {
    if (this.#inbox.open?.number === number) return this.#actions.press("solve");
    return this.#inbox.change(number, { status: "solved" }).catch(() => this.#say(t("inbox.unreachable")));
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
      edit: (seq, text) => this.#edit(seq, text),
      redact: (seq) => this.#sure("inbox.redact", {}, () => tried(inbox.redact(seq))),
      removeFile: ({ id, name }) => this.#sure("inbox.file", { name }, () => tried(inbox.removeFile(id))),
    };
  }

  /** Changes one's own last message, if it may be changed still. */
  editLast() {
    const own = ownLast(this.#inbox.open?.entries ?? []);
    if (own) this.#edit(own.seq, own.text);
    return Boolean(own);
  }

  async #edit(seq, before) {
    const text = await edited(before);
    if (text === undefined) return;
    const why = ({ code }) => this.#say(t(code === "not_now" ? "inbox.edit.late" : "inbox.unreachable"));
    await this.#inbox.edit(seq, text).catch(why);
  }

  async #sure(key, values, work) {
    const asked = { title: t(`${key}.title`, values), lines: [t(`${key}.lines`)], action: t("inbox.delete.action") };
    if (await confirmed(asked)) await work();
  }

  #draw() {
    const { open, trouble } = this.#inbox;
    if (!open || trouble) this.#transcript.clear();
    if (!open) this.#title.replaceChildren(); // whose it was is kept by nobody who shows nothing of it
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
    this.#title.replaceChildren(
      h("bdi", { title: name }, name),
      " ",
      h("span", { class: "ticket-number" }, `#${number}`),
      ...states(summary),
    );
    this.#drawLookers(this.#inbox.open?.lookers ?? []);
    this.#actions.hidden = !summary;
    if (!summary) this.#actions.clear();
    if (summary) this.#actions.draw(summary);
  }

  // Drawn only where others look than before, or it would be read aloud each time.
  #drawLookers(agents) {
    const names = agents.map((agent) => `\u2068${named(agent, "transcript.former")}\u2069`).join(", ");
    if (names === this.#looked) return;
    this.#looked = names;
    const faces = h("span", { class: "faces" }, agents.map(agentFace));
    const said = names && t("inbox.looking", { count: agents.length, names });
    this.#lookers.title = said;
    this.#lookers.replaceChildren(...(names ? [faces, h("bdi", {}, said)] : []));
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
      this.#inbox.views.counts.unassigned > 0 &&
        h("button", { class: "button is-primary", type: "button", click: () => this.#take() }, t("inbox.take")),
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

// What is not as it usually is: that it has ended, waits, is put aside, is urgent; and its tags.
function states(summary) {
  if (!summary) return [];
  const { status, snoozed_until: until, priority, tags } = summary;
  const tag = (kind, text) => h("span", { class: `tag ${kind}`, title: text }, text);
  return [
    status !== "open" && tag("", t(`inbox.status.${status}`)),
    until && tag("is-warning", t("inbox.snoozed", { time: moment(until) })),
    ["high", "urgent"].includes(priority) && tag("is-warning", t(`inbox.priority.${priority}`)),
    ...tags.slice(0, 2).map((each) => tag("", each)),
  ].filter(Boolean);
}

function iconButton(sign, key, click, extra) {
  return h(
    "button",
    { class: `button is-icon ${extra}`, type: "button", "aria-label": t(key), title: t(key), click },
    icon(sign),
  );
}

define("ticket-view", TicketView);
