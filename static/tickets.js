// The ticket summaries the browser knows, and which of them belong in which view.
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

  get(number) {
    return this.#summaries.get(number);
  }

  /** The summaries of `view`, the one that changed last first. */
  in(view) {
    return [...this.#summaries.values()]
      .filter(VIEW[view].has)
      .sort((one, other) => other.updated_at.localeCompare(one.updated_at) || other.number - one.number);
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
    const old = more ? [] : this.in(view);
    const cursor = more ? `&cursor=${encodeURIComponent(this.#next.get(view))}` : "";
    const { items, next } = await rest("GET", `/tickets?${VIEW[view].query}&limit=${PAGE}${cursor}`);
    this.#next.set(view, next);
    this.#prune(old, items);
    this.put(...items);
  }

  put(...summaries) {
    for (const summary of summaries) this.#summaries.set(summary.number, summary);
    this.dispatchEvent(new Event("change"));
  }

  drop(number) {
    this.#summaries.delete(number);
    this.dispatchEvent(new Event("change"));
  }

  /** Forgets everything: it may have changed while nobody told us. */
  forget() {
    this.#summaries.clear();
    this.#next.clear();
  }

  // What was in the view and is not in the answer has left it, unless it was told anew while the answer was on its way.
  #prune(old, items) {
    const told = new Set(items.map(({ number }) => number));
    const gone = old.filter((summary) => !told.has(summary.number) && this.get(summary.number) === summary);
    for (const { number } of gone) this.#summaries.delete(number);
  }
}
