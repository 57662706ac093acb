/**
 * What an agent is writing, by ticket and kind: kept in this tab across a reload, and nowhere else. Their own words
 * alone.
 *
 * A browser writes what a tab stores to its disk, and what was removed stays there. So what is stored is as good as
 * random: what makes words of it is the window's name, which lasts as long as the tab and is in memory alone.
 */

import { askGone } from "./ask-gone.js";

const KEY = "lethe:drafts";
const NAMED = "lethe:";
const MOST = 65_536; // bytes that a browser makes at once

/** Forgets every draft of this tab. */
export function clearDrafts() {
  if (globalThis.name.startsWith(NAMED)) globalThis.name = "";
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // A browser that keeps nothing has nothing to forget.
  }
}

/** Each draft has another mask, of its own length: without it any text may have been meant. */
function keep(text) {
  const bytes = new TextEncoder().encode(text);
  const mask = new Uint8Array(bytes.length);
  for (let at = 0; at < mask.length; at += MOST) crypto.getRandomValues(mask.subarray(at, at + MOST));
  sessionStorage.setItem(KEY, digits(masked(bytes, mask)));
  globalThis.name = NAMED + digits(mask);
}

/** What was kept; throws where it cannot be read. */
function kept() {
  const [held, mask] = [sessionStorage.getItem(KEY), globalThis.name];
  if (!held || mask.length !== NAMED.length + held.length) throw new RangeError("not ours");
  return new TextDecoder().decode(masked(bytesOf(held), bytesOf(mask.slice(NAMED.length))));
}

const masked = (bytes, mask) => bytes.map((byte, at) => byte ^ mask[at]);
const digits = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (text) => Uint8Array.from(text.match(/../g), (pair) => Number.parseInt(pair, 16));

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
      const { agent, of } = JSON.parse(kept());
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
      keep(JSON.stringify({ agent: this.#agent, of: this.#of }));
    } catch {
      // They last as long as the page then.
    }
    return undefined;
  }
}
