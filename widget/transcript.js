/** What has been said in one ticket, by `seq`, and what waits to be acknowledged; no socket and no page. */

import { uuid, wellFormed } from "/static/common/writing.js";

function without(said, attachment) {
  const attachments = said.attachments?.filter(({ id }) => attachment && id !== attachment);
  return attachment ? { ...said, attachments } : { ...said, attachments, text: null };
}

export class Transcript {
  epoch = null;
  ticket = null;
  /** The highest `seq` with no hole before it: what a `hello` resumes from. */
  lastSeq = 0;
  read = { agent: 0, visitor: 0 };

  #entries = new Map();
  #pending = new Map();
  #highest = 0;

  get lines() {
    const said = [...this.#entries.values()].filter(({ type }) => type === "message");
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
    if (this.#entries.has(entry.seq)) return;
    this.ticket ??= entry.ticket;
    this.#pending.delete(entry.id);
    // Whoever writes, perhaps in another window, has read what stood before.
    if (entry.author?.kind === "visitor") this.read.visitor = Math.max(this.read.visitor, entry.seq);
    this.#entries.set(entry.seq, entry);
    this.#highest = Math.max(this.#highest, entry.seq);
    const target = this.#entries.get(entry.target);
    if (target) this.#entries.set(entry.target, without(target, entry.attachment));
    while (this.#entries.has(this.lastSeq + 1)) this.lastSeq += 1;
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
    Object.assign(this, { epoch, ticket, lastSeq: 0, read: { agent: 0, visitor: 0 } });
    this.#entries.clear();
    this.#highest = 0;
  }
}
