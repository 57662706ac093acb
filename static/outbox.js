/**
 * What the agent has written and the server has not yet acked: kept, sent again with the same id, or shown as failed.
 */

import { boot } from "./boot.js";
import { upload } from "./common/uploads.js";
import { uuid, wellFormed } from "./common/writing.js";
import { copied } from "./reply-files.js";

const PATIENCE = 10_000;

/** One entry: {id, ticket, type: "message"|"note", text, attachments, mentions, solve, at, state: "sending"|"failed", code}. */
export class Outbox extends EventTarget {
  #entries = new Map();
  #socket;
  #watch = 0;

  constructor(socket) {
    super();
    this.#socket = socket;
    addEventListener(
      "beforeunload",
      (event) => [...this.#entries.values()].some(({ state }) => state === "sending") && event.preventDefault(),
    );
  }

  /** `files` go up first; the message follows when all are there. */
  add(type, ticket, text, files = [], { mentions = [], solve = false } = {}) {
    const attachments = files.map((file) => (file.saved ? { ...file } : { name: file.name, size: file.size, file }));
    const entry = {
      id: uuid(),
      type,
      ticket,
      text: wellFormed(text),
      attachments,
      mentions,
      solve,
      at: new Date().toISOString(),
      state: "sending",
    };
    this.#entries.set(entry.id, entry);
    this.#send(entry);
  }

  /** Everything unacked for `ticket`, in the order it was written. */
  of(ticket) {
    return [...this.#entries.values()].filter((entry) => entry.ticket === ticket);
  }

  /** The id of what was sent last and has had no answer. */
  get last() {
    return [...this.#entries.values()].findLast(({ state }) => state === "sending")?.id;
  }

  get(id) {
    return this.#entries.get(id);
  }

  /** Sends again, after the line came back, whatever has had no answer; the ids make doubles harmless. */
  resend() {
    for (const entry of this.#entries.values()) if (entry.state === "sending") this.#send(entry);
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

  /** Sends to the ticket `into` what was written for another, which is a part of it now. */
  move(ticket, into) {
    for (const entry of this.of(ticket)) {
      entry.ticket = into;
      if (entry.state === "sending") this.#send(entry);
    }
  }

  /** Takes out everything written for `ticket`: it is gone. */
  drop(ticket) {
    for (const { id } of this.of(ticket)) this.take(id);
  }

  fail(id, code) {
    const entry = this.#entries.get(id);
    if (entry) Object.assign(entry, { state: "failed", code });
    // They may have waited too long there: sent again, they go up anew.
    if (code === "not_found") for (const file of entry?.attachments ?? []) delete file.id;
    if (code === "reply_file_gone") leaveOut(entry);
    this.#changed();
  }

  #send(entry) {
    const { type, ticket, id, text, attachments, mentions } = entry;
    if (attachments.some((file) => !file.id)) this.#upload(entry);
    else
      this.#socket.send({
        type,
        ticket,
        id,
        text,
        ...(mentions.length && { mentions }),
        ...(attachments.length && { attachments: attachments.map((file) => file.id) }),
      });
    this.#changed();
  }

  async #upload(entry) {
    const { id, ticket, attachments } = entry;
    const to = { url: `/api/v1/tickets/${ticket}/attachments`, headers: { "X-CSRF-Token": boot.csrf } };
    const code = (await copied(attachments, ticket)) || (await upload(attachments, to, () => this.#changed()));
    if (code === null || !this.#entries.has(id)) return;
    if (code) this.fail(id, code);
    else this.retry(id);
  }

  // What is on its way up is watched by its own request.
  #sending() {
    return [...this.#entries.values()].filter(
      ({ state, attachments }) => state === "sending" && attachments.every((file) => file.id),
    );
  }

  // A half-open line accepts everything and answers nothing; only a missing ack shows it.
  #changed() {
    clearTimeout(this.#watch);
    if (this.#sending().length) this.#watch = setTimeout(() => this.#socket.restart(), PATIENCE);
    this.dispatchEvent(new Event("change"));
  }
}

// What is no longer in the saved reply does not keep back the rest, if there is any.
function leaveOut(entry) {
  const there = entry.attachments.filter(({ gone }) => !gone);
  if (entry.text || there.length) entry.attachments = there;
}
