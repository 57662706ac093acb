/** <bulk-bar>: what can be done to all tickets that are selected: assign, solve, tag, spam, trash; each can be undone. */

import { boot } from "./boot.js";
import { before, changeEach } from "./bulk.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { askedForTag } from "./tag-dialog.js";
import { t } from "./words.js";

class BulkBar extends HTMLElement {
  #inbox;
  #around;
  #numbers = [];
  #view = "";
  #count = h("span", { class: "bulk-count", role: "status" });
  #assign = h("select", { class: "select", "aria-label": t("inbox.assignee"), change: () => this.#assigned() });
  #buttons = h("span", { class: "bulk-buttons" });

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {{say: (text: string, undo?: () => void) => void, done: () => void}} around
   */
  begin(inbox, around) {
    this.#inbox = inbox;
    this.#around = around;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", t("inbox.bulk"));
    const assign = h(
      "span",
      { class: "bulk-assign button is-icon", title: t("inbox.bulk.assign") },
      icon("mine"),
      this.#assign,
    );
    this.replaceChildren(this.#count, assign, this.#buttons);
    this.#draw();
  }

  /** The view in which tickets are selected: it decides what makes sense. */
  set view(view) {
    this.#view = view;
    if (this.#inbox) this.#draw();
  }

  /** Stands for the tickets with these numbers, and is not there where there are none. */
  show(numbers) {
    this.#numbers = numbers;
    this.hidden = !numbers.length;
    this.#count.textContent = numbers.length ? t("inbox.bulk.count", { count: numbers.length }) : "";
    if (numbers.length && this.#assign.options.length !== this.#inbox.agents.length + 2) this.#drawAgents();
  }

  #draw() {
    const isHeld = this.#view === "quarantine";
    const isTrash = this.#view === "trash";
    const isSolved = this.#view === "solved";
    const one = (sign, key, work) =>
      h(
        "button",
        {
          class: "button is-icon",
          type: "button",
          "aria-label": t(key),
          title: t(key),
          "data-bulk": sign,
          click: work,
        },
        icon(sign),
      );
    this.#buttons.replaceChildren(
      isTrash || isSolved
        ? one("open", "inbox.bulk.open", () => this.#do({ status: "open" }, "open"))
        : one("solved", "inbox.bulk.solve", () => this.#do({ status: "solved" }, "solved")),
      one("tag", "inbox.bulk.tag", () => this.#tagged()),
      one("quarantine", isHeld ? "inbox.not_spam" : "inbox.spam", () =>
        this.#do({ spam: !isHeld }, isHeld ? "not_spam" : "spam"),
      ),
      ...(isTrash ? [] : [one("trash", "inbox.more.trash", () => this.#do({ status: "trash" }, "trash"))]),
      one("close", "inbox.bulk.none", () => this.#around.done()),
    );
  }

  #drawAgents() {
    const others = this.#inbox.agents.filter(({ id }) => id !== boot.agent.id);
    this.#assign.replaceChildren(
      h("option", { value: "?", selected: true }, t("inbox.bulk.assign")),
      h("option", { value: boot.agent.id }, t("inbox.assignee.me")),
      h("option", { value: "" }, t("inbox.assignee.nobody")),
      ...others.map(({ id, name }) => h("option", { value: id }, name)),
    );
  }

  #assigned() {
    const { value } = this.#assign;
    this.#assign.value = "?";
    if (value !== "?") this.#do({ assignee: value || null }, "assigned");
  }

  async #tagged() {
    const tag = await askedForTag(this.#inbox.views.more.tag);
    if (tag) await this.#do({ tags: tag }, "tagged", (one) => ({ tags: [...new Set([...one.tags, tag])] }));
    if (tag) this.#inbox.views.loadTags().catch(() => {});
  }

  async #do(changes, done, of = () => changes) {
    const { tickets } = this.#inbox;
    const were = this.#numbers.map((number) => tickets.get(number)).filter(Boolean);
    try {
      const changed = new Set(await changeEach(were, of));
      const these = were.filter(({ number }) => changed.has(number));
      this.#around.done();
      const left = were.length - these.length;
      const said = [t(`inbox.bulk.${done}`, { count: these.length }), left && t("inbox.bulk.left", { count: left })];
      const undo = these.length ? () => this.#undo(these, before(changes)) : null;
      this.#around.say(said.filter(Boolean).join(" "), undo);
    } catch (problem) {
      this.#around.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
  }

  async #undo(these, of) {
    try {
      await changeEach(these, of);
    } catch (problem) {
      this.#around.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
  }
}

define("bulk-bar", BulkBar);
