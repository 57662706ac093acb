/**
 * One ticket as the browser knows it: messages by seq, notes by number, once each and in order, and who has read how
 * far.
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
  /** Up to which message the server has heard that we read. */
  reported = 0;
  #messages = new Entries();
  #notes = new Map();

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
  welcome({ messages, notes = [], read, summary }) {
    for (const frame of messages) {
      if (frame.type === "redacted") this.redacted(frame);
      else this.message(frame);
    }
    notes.forEach((note) => this.note(note));
    this.read = { ...this.read, ...read };
    this.summary = summary ?? this.summary;
    this.loaded = true;
  }

  /** Keeps a message; the same seq again is the same message, held by now or released. */
  message(frame) {
    this.#messages.put({ ...this.#messages.get(frame.seq), ...frame });
  }

  redacted(frame) {
    this.#messages.put(frame);
  }

  note(frame) {
    this.#notes.set(frame.note, frame);
  }

  /** Puts a held message's text beside it without releasing it. */
  reveal(seq, text) {
    const known = this.#messages.get(seq);
    if (known?.held) this.#messages.put({ ...known, text });
  }

  seen({ author, seq }) {
    this.read = { ...this.read, [author.kind]: Math.max(this.read[author.kind] ?? 0, seq) };
  }

  /** Messages and notes as they are read: a note stands after the message it was written after. */
  get entries() {
    const place = (entry) => entry.seq ?? entry.after_seq + 0.5;
    return [...this.#messages.all, ...this.#notes.values()]
      .filter((entry) => entry.type !== "redacted")
      .sort((one, other) => place(one) - place(other) || (one.note ?? 0) - (other.note ?? 0));
  }
}
