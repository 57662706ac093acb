// What the agent has written and the server has not yet acked: kept, sent again with the same id, or shown as failed.

const PATIENCE = 10_000;

/** One entry: {id, ticket, type: "message"|"note", text, at, state: "sending"|"failed", code}. */
export class Outbox extends EventTarget {
  #entries = new Map();
  #socket;
  #watch = 0;

  constructor(socket) {
    super();
    this.#socket = socket;
    addEventListener("beforeunload", (event) => this.#sending().length && event.preventDefault());
  }

  add(type, ticket, text) {
    const entry = { id: crypto.randomUUID(), type, ticket, text, at: new Date().toISOString(), state: "sending" };
    this.#entries.set(entry.id, entry);
    this.#send(entry);
  }

  /** Everything unacked for `ticket`, in the order it was written. */
  of(ticket) {
    return [...this.#entries.values()].filter((entry) => entry.ticket === ticket);
  }

  get(id) {
    return this.#entries.get(id);
  }

  /** Sends again, after the line came back, whatever has had no answer; the ids make doubles harmless. */
  resend() {
    for (const entry of this.#sending()) this.#send(entry);
  }

  retry(id) {
    const entry = this.#entries.get(id);
    if (entry) this.#send(Object.assign(entry, { state: "sending", code: undefined }));
  }

  /** Takes the entry out: it was acked, or its writer gave it up. */
  take(id) {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    this.#changed();
    return entry;
  }

  fail(id, code) {
    const entry = this.#entries.get(id);
    if (entry) Object.assign(entry, { state: "failed", code });
    this.#changed();
  }

  #send({ type, ticket, id, text }) {
    this.#socket.send({ type, ticket, id, text });
    this.#changed();
  }

  #sending() {
    return [...this.#entries.values()].filter((entry) => entry.state === "sending");
  }

  // A half-open line accepts everything and answers nothing; only a missing ack shows it.
  #changed() {
    clearTimeout(this.#watch);
    if (this.#sending().length) this.#watch = setTimeout(() => this.#socket.restart(), PATIENCE);
    this.dispatchEvent(new Event("change"));
  }
}
