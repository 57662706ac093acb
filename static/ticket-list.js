/**
 * <ticket-list>: the tickets of one view. While the pointer is over it nothing moves; what is new waits behind a bar.
 */

import { Kept, arrange } from "./arrange.js";
import "./bulk-bar.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { row } from "./ticket-row.js";
import { SORTS } from "./tickets.js";
import { t } from "./words.js";

const AGES = 30_000;

class TicketList extends HTMLElement {
  #inbox;
  #view = "mine";
  #open = null;
  #order = [];
  #chosen = new Set();
  #pointed = false;
  #trouble = null;
  #loading = null;
  #kept = new Kept();
  #title = h("h2", { class: "list-title" });
  #sort = h(
    "select",
    { class: "select list-sort", "aria-label": t("inbox.sort"), change: () => this.#sorted() },
    SORTS.map((sort) => h("option", { value: sort }, t(`inbox.sort.${sort}`))),
  );
  #bulk = h("bulk-bar", { hidden: true });
  #edit = h(
    "button",
    {
      class: "button is-icon",
      type: "button",
      hidden: true,
      "aria-label": t("inbox.saved.edit"),
      title: t("inbox.saved.edit"),
      click: () => this.dispatchEvent(new CustomEvent("edit", { detail: this.#view.slice("saved-".length) })),
    },
    icon("edit"),
  );
  #head = h("div", { class: "list-head" }, this.#title, this.#edit, this.#sort);
  #bar = h("button", { class: "new-bar", type: "button", hidden: true, click: () => this.#refresh() });
  #rows = h("ul", { class: "rows" });
  #end = h("div", { class: "list-end" });
  #scroll = h("div", { class: "list-scroll" }, h("div", { class: "new-bar-place" }, this.#bar), this.#rows, this.#end);

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
    inbox.tickets.addEventListener("change", () => this.#changed());
    inbox.views.addEventListener("change", () => this.#named());
    inbox.addEventListener("connected", () => this.load());
    this.#scroll.addEventListener("pointerenter", ({ pointerType }) => (this.#pointed = pointerType === "mouse"));
    this.#scroll.addEventListener("pointerleave", () => {
      this.#pointed = false;
      this.#changed();
    });
    this.#scroll.addEventListener("scroll", () => this.#scroll.scrollTop || this.#pointed || this.#changed(), {
      passive: true,
    });
    this.#rows.addEventListener("change", ({ target }) => this.pick(Number(target.dataset.pick), target.checked));
    // A long press on a phone; where there is a mouse its menu stays the browser's own.
    this.#rows.addEventListener("contextmenu", (event) => this.#pressed(event));
    this.#rows.addEventListener("click", (event) => this.#clicked(event), { capture: true });
    setInterval(() => this.#draw(), AGES);
    this.replaceChildren(this.#head, this.#bulk, this.#scroll);
  }

  /** Where to say what was done: a function of (text, undo). */
  set say(say) {
    this.#bulk.begin(this.#inbox, { say, done: () => this.unpick() });
  }

  /** Shows `view` with the ticket `number` marked as the open one. */
  show(view, number) {
    // What could not be read waits for "Try again", whatever else is drawn meanwhile.
    const moved = view !== this.#view || (!this.#order.length && !this.#trouble);
    Object.assign(this.#scroll, { scrollTop: view === this.#view ? this.#scroll.scrollTop : 0 });
    if (view !== this.#view) this.unpick();
    this.#view = view;
    this.#open = number;
    this.#bulk.view = view;
    this.#named();
    if (!moved) return this.#draw();
    this.#trouble = null;
    this.#refresh();
    return this.load();
  }

  /**
   * Reads the view's first page from the server, or with `more` the next. One that could not be read is read again by
   * "Try again", when the line is back and when somebody goes to a view, and by nothing else.
   */
  load(which) {
    const loading = this.#load(which);
    this.#loading = loading;
    this.#drawEnd();
    return loading.finally(() => {
      if (this.#loading !== loading) return;
      this.#loading = null;
      this.#changed();
    });
  }

  /** Waits until the view was read, where that has not been tried; answers whether it is known now. */
  async read() {
    const { tickets } = this.#inbox;
    if (!tickets.knows(this.#view)) await (this.#loading ?? this.load());
    return tickets.knows(this.#view);
  }

  async #load({ more = false } = {}) {
    const known = new Set(this.#fresh);
    try {
      await this.#inbox.tickets.load(this.#view, { more });
      this.#trouble = null;
      if (more) this.#order.push(...this.#fresh.filter((number) => !known.has(number)));
    } catch (problem) {
      this.#trouble = problem;
    }
  }

  /** Moves the focus `step` rows on (1) or back (-1), beginning at the open ticket; with `pick` selects on the way. */
  step(step, { pick = false } = {}) {
    const links = [...this.#rows.querySelectorAll("a")];
    const here = links.findIndex((link) => link === document.activeElement);
    const from = here >= 0 ? here : links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.max(0, Math.min(links.length - 1, from + step))];
    if (pick) for (const link of [links[from], next]) if (link) this.#chosen.add(Number(link.dataset.number));
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    if (pick) this.#picked();
  }

  /** Selects the row that has the focus, or no longer. */
  pickFocused() {
    const number = Number(document.activeElement?.dataset?.number);
    if (number) this.pick(number, !this.#chosen.has(number));
  }

  /** Selects the ticket `number`, or no longer. */
  pick(number, chosen) {
    if (chosen) this.#chosen.add(number);
    else this.#chosen.delete(number);
    this.#picked();
  }

  /** Selects nothing; answers whether something was. */
  unpick() {
    const were = this.#chosen.size > 0;
    this.#chosen.clear();
    this.#picked();
    return were;
  }

  /** Gives the focus back to the row of the ticket `number`. */
  focusRow(number) {
    this.#rows.querySelector(`a[data-number="${Number(number)}"]`)?.focus();
  }

  /** The ticket that is worked on after `number`: the one below it, else the first other one, else null. */
  after(number) {
    const stays = this.#order.filter((each) => each === number || this.#fresh.includes(each));
    return stays[stays.indexOf(number) + 1] ?? stays.find((each) => each !== number) ?? null;
  }

  get #still() {
    return this.#order.length > 0 && (this.#pointed || this.#scroll.scrollTop > 0);
  }

  get #fresh() {
    return this.#inbox.tickets.in(this.#view).map(({ number }) => number);
  }

  #named() {
    const { views } = this.#inbox;
    const title = views.nameOf(this.#view) ?? t(`inbox.view.${this.#view}`);
    if (this.#title.textContent !== title) this.#title.textContent = title;
    this.#edit.hidden = !views.more.saved.some(({ id, mine }) => mine && this.#view === `saved-${id}`);
    this.#sort.hidden = Boolean(views.of(this.#view)?.sort);
    const unread = !this.#inbox.tickets.knows(this.#view) && !this.#loading && !this.#trouble;
    if (unread && views.of(this.#view)) this.load();
  }

  #sorted() {
    this.#inbox.tickets.sort = this.#sort.value;
    this.#refresh();
    this.load();
  }

  #changed() {
    const stays = new Set(this.#fresh);
    for (const number of this.#chosen) if (!stays.has(number)) this.#chosen.delete(number);
    this.#bulk.show([...this.#chosen]);
    if (!this.#still) return this.#refresh();
    const waiting = this.#waiting();
    this.#bar.textContent = t("inbox.list.new", { count: waiting });
    this.#bar.hidden = waiting === 0;
    return this.#draw();
  }

  // New is what is not in the list yet, or would stand higher among those that are; what has left the view makes
  // nothing new.
  #waiting() {
    const fresh = this.#fresh;
    const stays = new Set(fresh);
    const before = this.#order.filter((number) => stays.has(number));
    const place = new Map(before.map((number, index) => [number, index]));
    const known = fresh.filter((number) => place.has(number));
    return fresh.length - known.length + known.filter((number, index) => place.get(number) > index).length;
  }

  #refresh() {
    this.#order = this.#fresh;
    if (!this.#bar.hidden) this.#scroll.scrollTop = 0;
    this.#bar.hidden = true;
    this.#draw();
  }

  #picked() {
    this.toggleAttribute("data-picking", this.#chosen.size > 0);
    this.#bulk.show([...this.#chosen]);
    this.#draw();
  }

  #pressed(event) {
    const number = Number(event.target.closest("a")?.dataset.number);
    if (!number || event.pointerType === "mouse") return;
    event.preventDefault();
    this.pick(number, !this.#chosen.has(number));
  }

  // While some are selected, a touch selects more and opens none.
  #clicked(event) {
    const number = Number(event.target.closest("a")?.dataset.number);
    if (!number || !this.#chosen.size || event.pointerType !== "touch") return;
    event.preventDefault();
    event.stopPropagation();
    this.pick(number, !this.#chosen.has(number));
  }

  #draw() {
    const { tickets, agents } = this.#inbox;
    const known = this.#order.map((number) => tickets.get(number)).filter(Boolean);
    const focused = document.activeElement?.dataset?.number;
    const state = ({ number }) => ({ open: number === this.#open, chosen: this.#chosen.has(number) });
    arrange(this.#rows, this.#kept.nodes(known.map((one) => row(one, this.#view, state(one), agents))));
    if (focused && !document.activeElement?.dataset?.number) this.focusRow(focused);
    this.#drawEnd();
  }

  // Only one thing can stand under the rows: what went wrong, that more is coming, that more is there, that nothing is.
  #drawEnd() {
    const { tickets } = this.#inbox;
    const empty = !this.#order.length;
    const failed = this.#end.querySelector("[role='alert']");
    if (this.#trouble) return failed ?? this.#end.replaceChildren(this.#failure());
    if (!tickets.knows(this.#view)) return this.#end.replaceChildren(...(empty ? skeletons(6) : []));
    if (tickets.hasMore(this.#view)) return this.#end.replaceChildren(this.#older());
    return this.#end.replaceChildren(...(empty ? [emptiness(this.#view)] : []));
  }

  #failure() {
    return h(
      "div",
      { class: "state", role: "alert" },
      h("p", {}, t("inbox.list.failed")),
      h("button", { class: "button", type: "button", click: () => this.load() }, t("common.try_again")),
    );
  }

  #older() {
    const load = () => this.load({ more: true });
    return h(
      "button",
      { class: "button is-plain older", type: "button", disabled: Boolean(this.#loading), click: load },
      t("inbox.list.older"),
    );
  }
}

const skeletons = (count) =>
  Array.from({ length: count }, () => h("div", { class: "row skeleton", "aria-hidden": "true" }, h("span"), h("span")));

function emptiness(view) {
  const key = view.includes("-") ? "inbox.empty.more" : `inbox.empty.${view}`;
  return h("div", { class: "state" }, h("p", { class: "state-title" }, t(key)), h("p", {}, t(`${key}.how`)));
}

define("ticket-list", TicketList);
