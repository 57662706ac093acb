/**
 * One ticket as the browser knows it: messages by seq, notes by number, once each and in order, and who has read how
 * far.
 */

export class Transcript {
  summary = null;
  read = { agent: 0, visitor: 0 };
  loaded = false;
  /**
   * Nothing may be shown of it any more: it was deleted, its contact is held or (then with the `erasure`) being erased.
   */
  gone = false;
  erasure = null;
  /** How far we have told the server that we have read. */
  told = 0;
  /** The highest seq up to which nothing is missing: where to resume. */
  lastSeq = 0;
  #messages = new Map();
  #notes = new Map();

  constructor(number) {
    this.number = number;
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
    this.#put({ ...this.#messages.get(frame.seq), ...frame });
  }

  /** A redaction is an entry of its own, and empties the message it names, or takes one file from it. */
  redacted(frame) {
    this.#put(frame);
    const target = this.#messages.get(frame.target);
    const left = target?.attachments?.filter(({ id }) => frame.attachment && id !== frame.attachment);
    if (target) this.#put({ ...target, attachments: left, ...(!frame.attachment && { text: null }) });
  }

  note(frame) {
    this.#notes.set(frame.note, frame);
  }

  /** Puts a held message's text beside it without releasing it. */
  reveal(seq, text) {
    const known = this.#messages.get(seq);
    if (known?.held) this.#put({ ...known, text });
  }

  seen({ author, seq }) {
    this.read = { ...this.read, [author.kind]: Math.max(this.read[author.kind] ?? 0, seq) };
  }

  /** Messages and notes as they are read: a note stands after the message it was written after. */
  get entries() {
    const place = (entry) => entry.seq ?? entry.after_seq + 0.5;
    return [...this.#messages.values(), ...this.#notes.values()]
      .filter((entry) => entry.type !== "redacted")
      .sort((one, other) => place(one) - place(other) || (one.note ?? 0) - (other.note ?? 0));
  }

  #put(message) {
    this.#messages.set(message.seq, message);
    while (this.#messages.has(this.lastSeq + 1)) this.lastSeq += 1;
  }
}
