/** The visitor's own last message changed, or taken back: each change is asked for once, and answered or given up. */

import { uuid } from "/static/common/writing.js";

const PATIENCE = 15_000;

export class Edits {
  #send;
  #asked = new Map();

  /** `send(frame)` answers whether it went out. */
  constructor(send) {
    this.#send = send;
  }

  /** Gives the message `target` another text, or (null) takes it back; resolves to why not (a code), or "". */
  ask(target, text) {
    const id = uuid();
    const answered = new Promise((done) => {
      this.#asked.set(id, done);
    });
    if (this.#send({ type: "edit", id, target, text }))
      setTimeout(() => this.hear({ id, code: "unreachable" }), PATIENCE);
    else this.hear({ id, code: "unreachable" });
    return answered;
  }

  /** An `ack` or an `error` may be about one of these. */
  hear({ id, code = "" }) {
    this.#asked.get(id)?.(code);
    this.#asked.delete(id);
  }
}
