/**
 * <ticket-list>: the tickets of one view. While the pointer is over it nothing moves; what is new waits behind a bar.
 */

import { Kept, arrange } from "./arrange.js";
import { define, h } from "./common/dom.js";
import { row } from "./ticket-row.js";
import { t } from "./words.js";

class TicketList extends HTMLElement {
  #inbox;
  #view = "open";
  #chosen = null;
  #order = [];
  #pointed = false;
  #trouble = null;
  #loading = false;
  #kept = new Kept();
  #bar = h("button", { class: "new-bar", type: "button", hidden: true, click: () => this.#refresh() });
  #rows = h("ul", { class: "rows" });
  #end = h("div", { class: "list-end" });

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
    inbox.tickets.addEventListener("change", () => this.#changed());
    inbox.addEventListener("connected", () => this.load());
    this.addEventListener("pointerenter", ({ pointerType }) => (this.#pointed = pointerType === "mouse"));
    this.addEventListener("pointerleave", () => {
      this.#pointed = false;
      this.#changed();
    });
    this.addEventListener("scroll", () => this.scrollTop || this.#pointed || this.#changed(), { passive: true });
    this.replaceChildren(h("div", { class: "new-bar-place" }, this.#bar), this.#rows, this.#end);
  }

  /** Shows `view` with the ticket `number` marked as the open one. */
  show(view, number) {
    const moved = view !== this.#view || !this.#order.length;
    Object.assign(this, { scrollTop: view === this.#view ? this.scrollTop : 0 });
    this.#view = view;
    this.#chosen = number;
    if (!moved) return this.#draw();
    this.#trouble = null;
    this.#refresh();
    return this.load();
  }

  /** Reads the view's first page from the server, or with `more` the next. */
  async load({ more = false } = {}) {
    this.#loading = true;
    this.#drawEnd();
    const known = new Set(this.#fresh);
    try {
      await this.#inbox.tickets.load(this.#view, { more });
      this.#trouble = null;
      if (more) this.#order.push(...this.#fresh.filter((number) => !known.has(number)));
    } catch (problem) {
      this.#trouble = problem;
    }
    this.#loading = false;
    this.#changed();
  }

  /** Moves the focus `step` rows on (1) or back (-1), beginning at the open ticket. */
  step(step) {
    const links = [...this.#rows.querySelectorAll("a")];
    const here = links.findIndex((link) => link === document.activeElement);
    const from = here >= 0 ? here : links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.max(0, Math.min(links.length - 1, from + step))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  }

  /** Gives the focus back to the row of the ticket `number`. */
  focusRow(number) {
    this.#rows.querySelector(`a[data-number="${Number(number)}"]`)?.focus();
  }

  get #still() {
    return this.#order.length > 0 && (this.#pointed || this.scrollTop > 0);
  }

  get #fresh() {
    return this.#inbox.tickets.in(this.#view).map(({ number }) => number);
  }

  #changed() {
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
    if (!this.#bar.hidden) this.scrollTop = 0;
    this.#bar.hidden = true;
    this.#draw();
  }

  #draw() {
    const known = this.#order.map((number) => this.#inbox.tickets.get(number)).filter(Boolean);
    const focused = document.activeElement?.dataset?.number;
    arrange(this.#rows, this.#kept.nodes(known.map((one) => row(one, this.#view, one.number === this.#chosen))));
    if (focused && !document.activeElement?.dataset?.number) this.focusRow(focused);
    this.#drawEnd();
  }

  // Only one thing can stand under the rows: what went wrong, that more is coming, that more is there, that nothing is.
  #drawEnd() {
    const { tickets } = this.#inbox;
    const empty = !this.#order.length;
    if (this.#trouble) return this.#end.replaceChildren(this.#failure());
    if (!tickets.knows(this.#view)) return this.#end.replaceChildren(...skeletons(6));
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
      { class: "button is-plain older", type: "button", disabled: this.#loading, click: load },
      t("inbox.list.older"),
    );
  }
}

const skeletons = (count) =>
  Array.from({ length: count }, () => h("div", { class: "row skeleton", "aria-hidden": "true" }, h("span"), h("span")));

const emptiness = (view) =>
  h(
    "div",
    { class: "state" },
    h("p", { class: "state-title" }, t(`inbox.empty.${view}`)),
    h("p", {}, t(`inbox.empty.${view}.how`)),
  );

define("ticket-list", TicketList);
