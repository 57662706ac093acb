/**
 * <ticket-actions>: what can be done with the open ticket as a whole: whose it is, put aside, solved; all else is in
 * the menu, which is a sheet on a phone.
 */

import { block } from "./blocking.js";
import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { define, h } from "./common/dom.js";
import { closing, item, menu } from "./menu-item.js";
import { askedUntil, said, times } from "./snooze.js";
import { askedForTags, askedToTransfer, merge, refusal } from "./ticket-dialogs.js";
import { papers } from "./ticket-papers.js";
import { date, moment } from "./time.js";
import { named, t } from "./words.js";

const NARROW = matchMedia("(max-width: 799px)");
const WIDE = matchMedia("(min-width: 1640px)");
const PRIORITIES = ["none", "low", "normal", "high", "urgent"];
const SHOWN = ["number", "status", "assignee", "department", "held", "priority", "snoozed_until", "tags"];

class TicketActions extends HTMLElement {
  #inbox;
  #around;
  #drawn = "";

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {{say: (text: string, undo?: () => void) => void, solved: (number: number) => () => Promise<() => void>}} around
   */
  begin(inbox, around) {
    this.#inbox = inbox;
    this.#around = around;
    for (const width of [NARROW, WIDE])
      width.addEventListener("change", () => inbox.dispatchEvent(new Event("ticket")));
  }

  /** Draws the actions that fit `summary`; touches nothing where nothing changed, and a menu that is open stays so. */
  draw(summary) {
    const { agents, departments } = this.#inbox;
    const shows = [SHOWN.map((name) => summary[name]), agents, departments, NARROW.matches, WIDE.matches];
    if (JSON.stringify(shows) === this.#drawn) return;
    this.#drawn = JSON.stringify(shows);
    const opened = this.querySelector("details[open] > summary")?.dataset.action;
    const focused = this.contains(document.activeElement) && document.activeElement.dataset.action;
    const narrow = NARROW.matches;
    this.replaceChildren(
      ...(narrow ? [] : [this.#assignee(summary)]),
      ...(WIDE.matches ? this.#department(summary) : []),
      ...(narrow ? [] : [this.#snooze(summary)]),
      this.#solve(summary),
      this.#more(summary),
    );
    if (opened) this.querySelector(`[data-action="${opened}"]`)?.parentElement.setAttribute("open", "");
    if (focused) this.querySelector(`[data-action="${focused}"]`)?.focus();
  }

  /** Does to the open ticket what its keys say: "solve", "assign" (to oneself), "snooze", "merge" or "spam". */
  press(what) {
    const { open } = this.#inbox;
    const summary = open?.gone ? null : open?.summary;
    if (!summary) return;
    const { number, status, assignee, held } = summary;
    if (what === "spam") this.#judge(number, held);
    else if (what === "solve" && status !== "solved") this.#solved(number, status);
    else if (what === "snooze") this.#ask(number);
    else if (what === "merge" && status !== "trash") this.#merge(number);
    else if (what === "assign" && assignee?.id !== boot.agent.id)
      this.#change(number, { assignee: boot.agent.id }, { assignee: assignee?.id ?? null }, "inbox.done.assigned");
  }

  /** Keeps nothing of what it showed. */
  clear() {
    this.#drawn = "";
    this.replaceChildren();
  }

  // What a button does names the ticket and never holds its summary: browsers keep elements that have left the page.
  #solve({ number, status }) {
    const ended = ["solved", "trash"].includes(status);
    const again = () => this.#change(number, { status: "open" }, { status }, "inbox.done.open");
    return h(
      "button",
      {
        class: `button${ended ? "" : " is-primary"}`,
        type: "button",
        "data-action": "solve",
        click: () => (ended ? again() : this.#solved(number, status)),
      },
      t(ended ? "inbox.reopen" : "inbox.solve"),
    );
  }

  // The next ticket opens, and there it is said what became of this one.
  async #solved(number, status) {
    const goOn = this.#around.solved(number);
    if (!(await this.#try(() => this.#inbox.change(number, { status: "solved" })))) return;
    const back = await goOn();
    this.#around.say(t("inbox.done.solved", { number }), async () => {
      if (await this.#try(() => this.#inbox.change(number, { status }))) back();
    });
  }

  #assignee({ number, assignee }) {
    const me = boot.agent.id;
    const others = this.#inbox.agents.filter(({ id }) => id !== me);
    const gone = assignee && assignee.id !== me && !others.some(({ id }) => id === assignee.id) ? [assignee] : [];
    const choices = [
      { id: "", name: t("inbox.assignee.nobody") },
      { id: me, name: t("inbox.assignee.me") },
      ...others,
      ...gone,
    ];
    const before = { assignee: assignee?.id ?? null };
    return this.#select("assignee", assignee?.id ?? "", choices, (value) =>
      this.#change(number, { assignee: value || null }, before, "inbox.done.assigned"),
    );
  }

  // Nothing to choose from, no choice.
  #department({ number, department }) {
    const known = this.#inbox.departments;
    if (!known.length) return [];
    const choices = [{ id: "", name: t("inbox.department.none") }, ...known];
    const before = { department: department?.id ?? null };
    return [
      this.#select("department", department?.id ?? "", choices, (value) =>
        this.#change(number, { department: value || null }, before, "inbox.done.department"),
      ),
    ];
  }

  #priority({ number, priority }) {
    const choices = PRIORITIES.map((id) => ({ id, name: t(`inbox.priority.${id}`) }));
    return this.#select("priority", priority, choices, (value) =>
      this.#change(number, { priority: value }, { priority }, "inbox.done.priority"),
    );
  }

  #select(name, chosen, choices, choose) {
    const select = h(
      "select",
      {
        class: "select",
        "aria-label": t(`inbox.${name}`),
        "data-action": name,
        change: () => {
          select.closest("details")?.removeAttribute("open");
          choose(select.value);
        },
      },
      choices.map((each) => h("option", { value: each.id, selected: each.id === chosen }, each.name)),
    );
    return select;
  }

  #snooze(summary) {
    return menu({ sign: "snoozed", label: t("inbox.snooze"), action: "snooze" }, this.#snoozes(summary));
  }

  #snoozes({ number, status, snoozed_until: until }) {
    if (["solved", "trash"].includes(status)) return [h("p", { class: "menu-note" }, t("inbox.snooze.ended"))];
    return [
      until && item([t("inbox.snooze.wake")], () => this.#put(number, null, until)),
      ...times().map((each) => item(said(each), () => this.#put(number, each.until, until))),
      item([t("inbox.snooze.other")], () => this.#ask(number)),
    ];
  }

  async #ask(number) {
    const until = await askedUntil();
    if (until) this.#put(number, until, null);
  }

  async #put(number, until, before) {
    const at = until?.toISOString() ?? null;
    const goOn = until ? this.#around.solved(number) : null;
    if (!(await this.#try(() => this.#inbox.snooze(number, at)))) return;
    await goOn?.();
    const done = at ? t("inbox.done.snoozed", { number, time: moment(at) }) : t("inbox.done.woken", { number });
    this.#around.say(done, () => this.#try(() => this.#inbox.snooze(number, before)));
  }

  /** Both in one step; said as one, so that nobody undoes half of it unaware. */
  async #spamAndBlock({ number, contact }) {
    let until = "";
    const done = await this.#try(async () => {
      await this.#inbox.judge(number, true);
      until = await block(contact.id);
    });
    if (done) this.#around.say(t("contact.block.done", { name: named(contact), date: date(until) }));
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
    this.#around.say(t(learnt ? done : `${done}.unlearnt`), () => this.#try(() => this.#inbox.judge(number, !spam)));
  }

  #more(summary) {
    const { number, status, held, tags } = summary;
    const move = (to, done) => () => this.#change(number, { status: to }, { status }, done);
    const judged = h(
      "button",
      { class: "menu-item", type: "button", "data-action": "spam", click: closing(() => this.#judge(number, held)) },
      t(held ? "inbox.not_spam" : "inbox.spam"),
    );
    return menu({ sign: "more", label: t("inbox.more"), action: "more", kind: "is-sheet" }, [
      ...(NARROW.matches ? [this.#assignee(summary)] : []),
      ...(WIDE.matches ? [] : this.#department(summary)),
      this.#priority(summary),
      ...(NARROW.matches ? [h("p", { class: "menu-note" }, t("inbox.snooze")), this.#snoozes(summary)].flat() : []),
      item([t("inbox.tags.edit")], () => this.#tag(number, tags)),
      status === "open" && item([t("inbox.more.pending")], move("pending", "inbox.done.pending")),
      status === "pending" && item([t("inbox.more.open")], move("open", "inbox.done.open")),
      judged,
      !held && boot.agent.permissions.includes("contact.block") && this.#blocking(number),
      status !== "trash" && item([t("inbox.transfer")], () => this.#transfer(number)),
      status !== "trash" && item([t("inbox.merge")], () => this.#merge(number)),
      ...papers(number, this.#inbox, this.#around.say),
      ...(status === "trash"
        ? [item([t("inbox.more.purge")], () => this.#purge(number))]
        : [item([t("inbox.more.trash")], move("trash", "inbox.done.trash"))]),
    ]);
  }

  // Whose it is is looked up when it is pressed: a button holds nobody.
  #blocking(number) {
    return item([t("inbox.more.spam_block")], () => {
      const { summary } = this.#inbox.open ?? {};
      if (summary?.number === number) this.#spamAndBlock(summary);
    });
  }

  async #tag(number, tags) {
    const wanted = await askedForTags(this.#inbox.views.more.tag, tags);
    if (wanted) await this.#change(number, { tags: wanted }, { tags }, "inbox.done.tags");
  }

  async #transfer(number) {
    const { departments } = this.#inbox;
    const agents = this.#inbox.agents.filter(({ id }) => id !== boot.agent.id);
    let wanted = await askedToTransfer(number, { agents, departments });
    // What was written is not lost where it is refused: it is asked again.
    while (wanted && !(await this.#try(() => this.#inbox.change(number, wanted, "/transfer"))))
      wanted = await askedToTransfer(number, { agents, departments }, wanted);
    if (wanted) this.#around.say(t("inbox.transfer.done", { number }));
  }

  async #merge(number) {
    const { contact } = this.#inbox.open?.summary ?? {};
    await this.#try(async () => {
      if (contact) await merge(this.#inbox, number, contact.id);
    });
  }

  async #purge(number) {
    const title = t("inbox.purge.title", { number });
    if (!(await confirmed({ title, lines: [t("inbox.purge.lines")], action: t("inbox.delete.action") }))) return;
    if (await this.#try(() => this.#inbox.purge(number))) this.#around.say(t("inbox.done.purged", { number }));
  }

  async #change(number, changes, before, done) {
    const takes = changes.assignee === boot.agent.id && before.assignee === null;
    const work = () => (takes ? this.#inbox.change(number, undefined, "/take") : this.#inbox.change(number, changes));
    if (!(await this.#try(work))) return;
    this.#around.say(t(done, { number }), () => this.#try(() => this.#inbox.change(number, before)));
  }

  // What was refused is drawn again as it is, so a select never shows what did not happen.
  async #try(work) {
    try {
      await work();
      return true;
    } catch (problem) {
      this.#drawn = "";
      this.#around.say(refusal(problem));
      this.#inbox.dispatchEvent(new Event("ticket"));
      return false;
    }
  }
}

define("ticket-actions", TicketActions);
