/** The ticket summaries the browser knows, and which of them belong in which view. */

import { rest } from "./rest.js";

const PAGE = 50;
const newest = (one, other) => other.updated_at.localeCompare(one.updated_at) || other.number - one.number;
const SORT = {
  newest,
  oldest: (one, other) => -newest(one, other),
  // Who waits for nothing stands behind those who do.
  waiting: (one, other) =>
    Number(!one.waiting_since) - Number(!other.waiting_since) ||
    (one.waiting_since ? one.waiting_since.localeCompare(other.waiting_since) : newest(one, other)),
};
/** What to ask for, one after the other, to have all of a view in an order. */
const PARTS = { newest: [""], oldest: ["&order=oldest"], waiting: ["&order=waiting", "&waiting=false"] };

export const SORTS = Object.keys(SORT);

/** Says `change` whenever a summary came, changed or went. */
export class Tickets extends EventTarget {
  #views;
  #sort = "newest";
  #summaries = new Map();
  // By view what is still to be read: {part, cursor}, or null where all was.
  #next = new Map();
  // What may not come back by an answer that was on its way. Numbers and ids are never used again, so these only grow
  // by what is gone.
  #gone = new Set();
  #erased = new Set();
  #tagged = new Set();
  #doubted = [];

  /** @param {import("./views.js").Views} views */
  constructor(views) {
    super();
    this.#views = views;
  }

  get sort() {
    return this.#sort;
  }

  /** One of SORTS: how lists are ordered from now on. What was read in another order is read again. */
  set sort(sort) {
    this.#sort = sort;
    this.#next.clear();
  }

  get(number) {
    return this.#summaries.get(number);
  }

  /** The summaries of `view` in their order. */
  in(view) {
    const is = this.#views.of(view);
    return is ? [...this.#summaries.values()].filter(is.has).sort(SORT[is.sort ?? this.#sort]) : [];
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
    const is = this.#views.of(view);
    if (!is) return;
    const sort = this.#sort;
    const old = more ? [] : [...this.in(view), ...this.#doubted];
    const { items, next } = await read(is, is.sort ?? sort, more ? this.#next.get(view) : { part: 0, cursor: null });
    if (sort !== this.#sort) return;
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

  /** Takes in nothing of a contact who is erased; answers with the numbers of the tickets known to be theirs. */
  dropContact({ contact: id, state }) {
    const theirs = this.of(id);
    this.#erased.add(id);
    if (theirs.some(({ tags }) => tags.length)) this.#tagged.add(id);
    // Perhaps nobody else has their tags, which are there until it is done.
    if (state === "done" && this.#tagged.delete(id)) this.#views.loadTags().catch(() => {});
    return theirs.map(({ number }) => number);
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

// A page of a view from `at`; where one part has ended within it, also the first of the next.
async function read({ query }, sort, at) {
  const parts = query.includes("waiting=") ? PARTS[sort].slice(0, 1) : PARTS[sort];
  const cursor = at.cursor ? `&cursor=${encodeURIComponent(at.cursor)}` : "";
  const { items, next } = await rest("GET", `/tickets?${query}${parts[at.part]}&limit=${PAGE}${cursor}`);
  if (next) return { items, next: { part: at.part, cursor: next } };
  if (at.part + 1 === parts.length) return { items, next: null };
  const later = await read({ query }, sort, { part: at.part + 1, cursor: null });
  return { items: [...items, ...later.items], next: later.next };
}
