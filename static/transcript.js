/**
 * One ticket as the browser knows it: messages by seq, notes and system entries by number, once each and in order, and
 * who has read how far.
 */

import { Entries } from "./common/entries.js";

export class Transcript {
  summary = null;
  read = { agent: 0, visitor: 0 };
  loaded = false;
  /**
   * Nothing may be shown of it any more: it was deleted, its contact is held or (then with the `erasure`) being erased.
   */
  gone = false;
  erasure = null;
  /** The other agents who look at it now. */
  lookers = [];
  /** Up to which message the server has heard that we read. */
  reported = 0;
  #messages = new Entries();
  #notes = new Map();
  #done = new Map();

  constructor(number) {
    this.number = number;
  }

  /** Where to resume. */
  get lastSeq() {
    return this.#messages.lastSeq;
  }

  /** Whether something arrived out of turn, so that the server must be asked for what lies between. */
  get hasGap() {
    return this.#messages.size > this.lastSeq;
  }

  /** Takes in a ticket's `welcome`. */
  welcome({ messages, notes = [], entries = [], read, summary }) {
    for (const frame of messages) {
      if (frame.type === "message") this.message(frame);
      else this.redacted(frame);
    }
    notes.forEach((note) => this.note(note));
    entries.forEach((entry) => this.system(entry));
    this.read = { ...this.read, ...read };
    this.summary = summary ?? this.summary;
    this.loaded = true;
  }

  /** Keeps a message; the same seq again is the same message, held by now or released. */
  message(frame) {
    this.#messages.put({ ...this.#messages.get(frame.seq), ...frame });
  }

  /** Takes in that a message was emptied, or changed. */
  redacted(frame) {
    this.#messages.put(frame);
  }

  note(frame) {
    this.#notes.set(frame.note, frame);
  }

  /** Keeps what was done with the ticket. */
  system(frame) {
    this.#done.set(frame.entry, frame);
  }

  /** Puts a held message's text beside it without releasing it. */
  reveal(seq, text) {
    const known = this.#messages.get(seq);
    if (known?.held) this.#messages.put({ ...known, text });
  }

  seen({ author, seq }) {
    this.read = { ...this.read, [author.kind]: Math.max(this.read[author.kind] ?? 0, seq) };
  }

  /** All as it is read: notes and what was done stand after the message they came after, in the order of their time. */
  get entries() {
    const place = (entry) => entry.seq ?? entry.after_seq + 0.5;
    return [...this.#messages.all, ...this.#notes.values(), ...this.#done.values()]
      .filter((entry) => !["redacted", "edited"].includes(entry.type))
      .sort((one, other) => place(one) - place(other) || order(one, other));
  }
}

// Of one kind by number; of two by time, which is all they have in common.
const order = (one, other) =>
  one.type === other.type
    ? (one.note ?? one.entry ?? 0) - (other.note ?? other.entry ?? 0)
    : Date.parse(one.at) - Date.parse(other.at);
