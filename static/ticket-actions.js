/**
 * <ticket-actions>: what can be done with the open ticket as a whole: its status, whose and which department's it is,
 * whether it is spam.
 */

import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { copied } from "./copy-text.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { t } from "./words.js";

const NARROW = matchMedia("(max-width: 799px)");
const STATUSES = ["open", "pending", "solved"];

class TicketActions extends HTMLElement {
  #inbox;
  #say;
  #drawn = "";

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
    NARROW.addEventListener("change", () => inbox.dispatchEvent(new Event("ticket")));
  }

  /** Where to say what was done: a function of (text, undo). */
  set say(say) {
    this.#say = say;
  }

  /** Draws the actions that fit `summary`; touches nothing where nothing changed, so no open menu closes. */
  draw(summary) {
    const { agents, departments } = this.#inbox;
    const shows = JSON.stringify([
      summary.number,
      summary.status,
      summary.assignee,
      summary.department,
      summary.held,
      agents,
      departments,
      NARROW.matches,
    ]);
    if (shows === this.#drawn) return;
    this.#drawn = shows;
    const focused = this.contains(document.activeElement) && document.activeElement.dataset.action;
    this.replaceChildren(
      this.#status(summary),
      this.#assignee(summary),
      ...(NARROW.matches ? [] : this.#department(summary)),
      this.#spam(summary),
      this.#more(summary),
    );
    if (focused) this.querySelector(`[data-action="${focused}"]`)?.focus();
  }

  /** Does to the open ticket what its keys say: "solve", "assign" (to oneself) or "spam". */
  press(what) {
    const { open } = this.#inbox;
    const summary = open?.gone ? null : open?.summary;
    if (!summary) return;
    const { number, status, assignee, held } = summary;
    if (what === "spam") this.#judge(number, held);
    else if (what === "solve" && status !== "solved")
      this.#change(number, { status: "solved" }, { status }, "inbox.done.solved");
    else if (what === "assign" && assignee?.id !== boot.agent.id)
      this.#change(number, { assignee: boot.agent.id }, { assignee: assignee?.id ?? null }, "inbox.done.assigned");
  }

  /** Keeps nothing of what it showed. */
  clear() {
    this.#drawn = "";
    this.replaceChildren();
  }

  #status({ number, status }) {
    const choice = (value) =>
      h(
        "button",
        {
          type: "button",
          "aria-pressed": String(value === status),
          "data-action": value,
          click: () => value !== status && this.#change(number, { status: value }, { status }, `inbox.done.${value}`),
        },
        t(`inbox.status.${value}`),
      );
    return h("div", { class: "segments", role: "group", "aria-label": t("inbox.status") }, STATUSES.map(choice));
  }

  #assignee({ number, assignee }) {
    const me = boot.agent.id;
    const others = this.#inbox.agents.filter(({ id }) => id !== me);
    const gone = assignee && assignee.id !== me && !others.some(({ id }) => id === assignee.id) ? [assignee] : [];
    const option = (id, name) => h("option", { value: id, selected: id === (assignee?.id ?? "") }, name);
    const select = h(
      "select",
      {
        class: "select",
        "aria-label": t("inbox.assignee"),
        "data-action": "assignee",
        change: () =>
          this.#change(
            number,
            { assignee: select.value || null },
            { assignee: assignee?.id ?? null },
            "inbox.done.assigned",
          ),
      },
      option("", t("inbox.assignee.nobody")),
      option(me, t("inbox.assignee.me")),
      [...others, ...gone].map(({ id, name }) => option(id, name)),
    );
    return select;
  }

  // Nothing to choose from, no choice.
  #department({ number, department }) {
    const known = this.#inbox.departments;
    if (!known.length) return [];
    const option = (id, name) => h("option", { value: id, selected: id === (department?.id ?? "") }, name);
    const before = { department: department?.id ?? null };
    const select = h(
      "select",
      {
        class: "select",
        "aria-label": t("inbox.department"),
        "data-action": "department",
        change: () => this.#change(number, { department: select.value || null }, before, "inbox.done.department"),
      },
      option("", t("inbox.department.none")),
      known.map(({ id, name }) => option(id, name)),
    );
    return [select];
  }

  // What a button does names the ticket and never holds its summary: browsers keep elements that have left the page.
  #spam({ number, held }) {
    return h(
      "button",
      { class: "button", type: "button", "data-action": "spam", click: () => this.#judge(number, held) },
      t(held ? "inbox.not_spam" : "inbox.spam"),
    );
  }

  async #judge(number, held) {
    const spam = !held;
    let learnt = true;
    if (
      !(await this.#try(async () => {
        learnt = await this.#inbox.judge(number, spam);
      }))
    )
      return;
    const done = spam ? "inbox.done.spam" : "inbox.done.not_spam";
    this.#say(t(learnt ? done : `${done}.unlearnt`), () => this.#try(() => this.#inbox.judge(number, !spam)));
  }

  #more(summary) {
    const { number, status, held } = summary;
    const move = (to, done) => () => this.#change(number, { status: to }, { status }, done);
    return h(
      "details",
      { class: "menu" },
      h("summary", { class: "button is-icon", "aria-label": t("inbox.more"), "data-action": "more" }, icon("more")),
      h(
        "div",
        { class: "menu-items" },
        ...(NARROW.matches ? this.#department(summary) : []),
        item(held ? "inbox.not_spam" : "inbox.spam", () => this.#judge(number, held), "only-narrow"),
        item("inbox.more.copy", () => this.#copy(number)),
        status === "trash"
          ? [
              item("inbox.more.restore", move("open", "inbox.done.open")),
              item("inbox.more.purge", () => this.#purge(number)),
            ]
          : item("inbox.more.trash", move("trash", "inbox.done.trash")),
      ),
    );
  }

  async #purge(number) {
    const title = t("inbox.purge.title", { number });
    if (!(await confirmed({ title, lines: [t("inbox.purge.lines")], action: t("inbox.delete.action") }))) return;
    if (await this.#try(() => this.#inbox.purge(number))) this.#say(t("inbox.done.purged", { number }));
  }

  async #copy(number) {
    const address = `${location.origin}/inbox/open/${number}`;
    this.#say((await copied(address)) ? t("common.copied") : address);
  }

  async #change(number, changes, before, done) {
    if (!(await this.#try(() => this.#inbox.change(number, changes)))) return;
    this.#say(t(done, { number }), () => this.#try(() => this.#inbox.change(number, before)));
  }

  // What was refused is drawn again as it is, so a select never shows what did not happen.
  async #try(work) {
    try {
      await work();
      return true;
    } catch (problem) {
      this.#drawn = "";
      this.#say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
      this.#inbox.dispatchEvent(new Event("ticket"));
      return false;
    }
  }
}

function item(key, work, extra = "") {
  const click = ({ target }) => {
    target.closest("details").open = false;
    work();
  };
  return h("button", { class: `menu-item ${extra}`, type: "button", click }, t(key));
}

define("ticket-actions", TicketActions);
