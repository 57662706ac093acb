/** What has been said in one ticket, by `seq`, and what waits to be acknowledged; no socket and no page. */

import { Entries } from "/static/common/entries.js";
import { uuid, wellFormed } from "/static/common/writing.js";

export class Transcript {
  epoch = null;
  ticket = null;
  read = { agent: 0, visitor: 0 };

  #entries = new Entries();
  #pending = new Map();
  #highest = 0;

  /** What a `hello` resumes from. */
  get lastSeq() {
    return this.#entries.lastSeq;
  }

  get lines() {
    const said = this.#entries.all.filter(({ type }) => type === "message");
    return [...said.sort((one, other) => one.seq - other.seq), ...this.#pending.values()];
  }

  get pending() {
    return [...this.#pending.values()];
  }

  get behind() {
    return this.lastSeq < this.#highest;
  }

  get unread() {
    return this.lines.filter(({ author, seq }) => author.kind === "agent" && seq > this.read.visitor).length;
  }

  /** False where the server continues another epoch or ticket than ours, which must be read from its start. */
  welcome({ epoch, ticket, seq, messages, read }) {
    const resumed = this.lastSeq > 0;
    const other = epoch !== this.epoch || ticket !== this.ticket;
    if (other) this.#start(epoch, ticket);
    if (other && resumed && ticket !== null) return false;
    Object.assign(this.read, read);
    this.#highest = Math.max(this.#highest, seq);
    messages.forEach((entry) => this.take(entry));
    return true;
  }

  /** Take a `message` or `redacted` frame, once. */
  take(entry) {
    if (this.#entries.get(entry.seq)) return;
    this.ticket ??= entry.ticket;
    this.#pending.delete(entry.id);
    // Whoever writes, perhaps in another window, has read what stood before.
    if (entry.author?.kind === "visitor") this.read.visitor = Math.max(this.read.visitor, entry.seq);
    this.#entries.put(entry);
    this.#highest = Math.max(this.#highest, entry.seq);
  }

  acked({ id, ticket, seq, at }) {
    const { state, code: _, ...said } = this.#pending.get(id) ?? {};
    if (state) this.take({ ...said, ticket, seq, at });
  }

  hold(text, attachments = []) {
    const id = uuid();
    this.#pending.set(id, {
      type: "message",
      id,
      text: wellFormed(text),
      attachments,
      at: new Date().toISOString(),
      author: { kind: "visitor" },
      state: "sending",
    });
    return id;
  }

  drop(id) {
    this.#pending.delete(id);
  }

  /** Its files waited too long there: they are to be sent anew. */
  lose(id) {
    for (const file of this.#pending.get(id)?.attachments ?? []) delete file.id;
  }

  /** `state`: `sending`, `waiting`, or `failed` with its error's `code`. */
  mark(id, state, code) {
    const said = this.#pending.get(id);
    if (said) this.#pending.set(id, { ...said, state, code });
    return said;
  }

  #start(epoch, ticket) {
    Object.assign(this, { epoch, ticket, read: { agent: 0, visitor: 0 } });
    this.#entries = new Entries();
    this.#highest = 0;
  }
}
