/** The ticket summaries the browser knows, and which of them belong in which view. */

import { boot } from "./boot.js";
import { rest } from "./rest.js";

const PAGE = 50;
const shown = (summary) => !(summary.held && summary.held >= summary.last_seq);

/** For each view what to ask the server for, and whether a summary that was pushed belongs in it. */
const VIEW = {
  open: { query: "status=open&held=false", has: (s) => s.status === "open" && shown(s) },
  mine: {
    query: "status=open&assignee=me&held=false",
    has: (s) => s.status === "open" && s.assignee?.id === boot.agent.id && shown(s),
  },
  pending: { query: "status=pending&held=false", has: (s) => s.status === "pending" && shown(s) },
  solved: { query: "status=solved&held=false", has: (s) => s.status === "solved" && shown(s) },
  quarantine: { query: "held=true", has: (s) => s.held > 0 && s.status !== "trash" },
  trash: { query: "status=trash", has: (s) => s.status === "trash" },
};

/** Says `change` whenever a summary came, changed or went. */
export class Tickets extends EventTarget {
  #summaries = new Map();
  #next = new Map();
  // What may not come back by an answer that was on its way. Numbers and ids are never used again, so these only grow
  // by what is gone.
  #gone = new Set();
  #erased = new Set();
  #doubted = [];

  get(number) {
    return this.#summaries.get(number);
  }

  /** The summaries of `view`, the one that changed last first. */
  in(view) {
    return [...this.#summaries.values()]
      .filter(VIEW[view].has)
      .sort((one, other) => other.updated_at.localeCompare(one.updated_at) || other.number - one.number);
  }

  /** The summaries of a contact, by number. */
  of(id) {
    return [...this.#summaries.values()]
      .filter(({ contact }) => contact?.id === id)
      .sort((one, other) => one.number - other.number);
  }

  /** Whether a first page of `view` was read, so that an empty list means there is nothing. */
  knows(view) {
    return this.#next.has(view);
  }

  hasMore(view) {
    return Boolean(this.#next.get(view));
  }

  /** Reads the first page of `view`, or with `more` the one after what was read; throws a Problem. */
  async load(view, { more = false } = {}) {
    const old = more ? [] : [...this.in(view), ...this.#doubted];
    const cursor = more ? `&cursor=${encodeURIComponent(this.#next.get(view))}` : "";
    const { items, next } = await rest("GET", `/tickets?${VIEW[view].query}&limit=${PAGE}${cursor}`);
    this.#next.set(view, next);
    if (!more) this.#doubted = [];
    this.#prune(old, items);
    this.put(...items);
  }

  put(...summaries) {
    const here = ({ number, contact }) => !this.#gone.has(number) && !this.#erased.has(contact?.id);
    for (const summary of summaries.filter(here)) this.#summaries.set(summary.number, summary);
    this.dispatchEvent(new Event("change"));
  }

  /** Forgets some tickets, also where an answer that is still on its way tells of them. */
  drop(...numbers) {
    for (const number of numbers) {
      this.#gone.add(number);
      this.#summaries.delete(number);
    }
    this.#doubted = this.#doubted.filter(({ number }) => !this.#gone.has(number));
    this.dispatchEvent(new Event("change"));
  }

  isGone(number) {
    return this.#gone.has(number);
  }

  /** Takes in nothing of a contact any more; answers with the numbers of the tickets known to be theirs. */
  dropContact(id) {
    this.#erased.add(id);
    return this.of(id).map(({ number }) => number);
  }

  /** A ticket that was gone is there again: the hold on its contact has ended. */
  bringBack(number) {
    this.#gone.delete(number);
  }

  /** We were away and may have missed what is gone: whatever the next answer does not name is forgotten. */
  doubt() {
    this.#doubted = [...this.#summaries.values()];
  }

  /** Forgets everything: it may have changed while we heard nothing. */
  forget() {
    this.#summaries.clear();
    this.#doubted = [];
    this.#next.clear();
  }

  // What was in the view and is not in the answer has left it, unless it was heard of while the answer was on its way.
  #prune(old, items) {
    const listed = new Set(items.map(({ number }) => number));
    const gone = old.filter((summary) => !listed.has(summary.number) && this.get(summary.number) === summary);
    for (const { number } of gone) this.#summaries.delete(number);
  }
}
