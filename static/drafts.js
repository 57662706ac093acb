/**
 * What an agent is writing, by ticket and kind: kept in this tab across a reload, and nowhere else. Their own words
 * alone.
 */

import { askGone } from "./ask-gone.js";

const KEY = "lethe:drafts";

/** Forgets every draft of this tab. */
export function clearDrafts() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

export class Drafts {
  #agent;
  #of;

  /** The drafts of `agent` (an id); what somebody else left in this tab is forgotten. */
  constructor(agent) {
    this.#agent = agent;
    this.#of = this.#read();
  }

  /** The numbers of the tickets in which something is being written. */
  get tickets() {
    return [...new Set(Object.keys(this.#of).map((place) => Number(place.split(" ")[0])))];
  }

  /**
   * Asks over a socket which of those tickets are gone: somebody may have been erased while this tab showed another page
   * or had no line, and what was being written to them goes too.
   */
  ask(socket) {
    askGone(socket, [], this.tickets);
  }

  get(ticket, mode) {
    return this.#of[`${ticket} ${mode}`] ?? "";
  }

  /** Keeps `text`; where it is empty, nothing. */
  put(ticket, mode, text) {
    delete this.#of[`${ticket} ${mode}`];
    if (text) this.#of[`${ticket} ${mode}`] = text;
    this.#write();
  }

  /** Keeps with the ticket `into` what was being written in another, behind what is being written there. */
  move(ticket, into) {
    for (const mode of ["reply", "note"]) {
      const texts = [this.get(into, mode), this.get(ticket, mode)].filter(Boolean);
      this.put(into, mode, texts.join("\n\n"));
      this.put(ticket, mode, "");
    }
  }

  drop(...tickets) {
    for (const place of Object.keys(this.#of))
      if (tickets.includes(Number(place.split(" ")[0]))) delete this.#of[place];
    this.#write();
  }

  clear() {
    this.#of = {};
    clearDrafts();
  }

  #read() {
    try {
      const { agent, of } = JSON.parse(sessionStorage.getItem(KEY)) ?? {};
      if (agent === this.#agent && of) return of;
    } catch {
      // Unreadable is as good as none.
    }
    clearDrafts();
    return {};
  }

  #write() {
    if (!Object.keys(this.#of).length) return clearDrafts();
    try {
      sessionStorage.setItem(KEY, JSON.stringify({ agent: this.#agent, of: this.#of }));
    } catch {
      // They last as long as the page then.
    }
    return undefined;
  }
}
