/**
 * One ticket as the browser knows it: messages by seq, notes and system entries by number, once each and in order, and
 * who has read how far.
 */

import { Entries } from "./common/entries.js";

/** How many messages a ticket opens with, and come each time. */
export const PART = 100;

export class Transcript {
  summary = null;
  read = { agent: 0, visitor: 0 };
  loaded = false;
  /** The first message that is known: those before it come when they are asked for. */
  first = 1;
  /** What became of that: "" where it was not asked for, "asked", or "failed". */
  earlier = "";
  /** Which entry is to be shown once it is there ("message-12", "note-3"), and whether all of it is waited for. */
  sought = null;
  wanted = false;
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
  #meanwhile = [];

  constructor(number) {
    this.number = number;
  }

  /** Where to resume. */
  get lastSeq() {
    return this.#messages.lastSeq;
  }

  /** Whether something arrived out of turn, so that the server must be asked for what lies between. */
  get hasGap() {
    return this.#messages.size > this.lastSeq - this.first + 1;
  }

  get hasEarlier() {
    return this.first > 1;
  }

  /** Takes in a ticket's `welcome`. Where more was missed than it tells, what is known begins with that. */
  welcome({ messages, notes = [], entries = [], first_seq: first = 1, read, summary }) {
    if (!this.loaded || first > this.lastSeq + 1) this.#begin(first);
    this.#take({ messages, notes, entries });
    this.read = { ...this.read, ...read };
    this.summary = summary ?? this.summary;
    this.loaded = true;
  }

  /** Takes in what was said before what is known. What happened to it since it was asked for happens once more. */
  before({ first_seq: first, messages, notes, entries }) {
    this.first = first;
    this.earlier = "";
    this.#take({ messages, notes, entries });
    for (const frame of this.#meanwhile.splice(0)) this.#put(frame);
  }

  #begin(first) {
    Object.assign(this, { first, earlier: "" });
    this.#messages = new Entries();
    this.#messages.lastSeq = first - 1;
    this.#notes.clear();
    this.#done.clear();
    this.#meanwhile = [];
  }

  #take({ messages, notes, entries }) {
    messages.forEach((frame) => this.#put(frame));
    notes.forEach((note) => this.note(note));
    entries.forEach((entry) => this.system(entry));
  }

  /** Keeps a message; the same seq again is the same message, held by now or released. */
  message(frame) {
    this.#put(frame);
  }

  /** Takes in that a message was emptied, or changed. */
  redacted(frame) {
    this.#put(frame);
  }

  #put(frame) {
    if (this.earlier && (frame.target ?? frame.seq) < this.first) this.#meanwhile.push(frame);
    if (frame.seq < this.first) return;
    this.#messages.put(frame.type === "message" ? { ...this.#messages.get(frame.seq), ...frame } : frame);
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
      .filter((entry) => !["redacted", "edited"].includes(entry.type) && !(place(entry) < this.first - 0.5))
      .sort((one, other) => place(one) - place(other) || order(one, other));
  }
}

// Of one kind by number; of two by time, which is all they have in common.
const order = (one, other) =>
  one.type === other.type
    ? (one.note ?? one.entry ?? 0) - (other.note ?? other.entry ?? 0)
    : Date.parse(one.at) - Date.parse(other.at);
