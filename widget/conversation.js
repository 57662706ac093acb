/** The visitor's side of `lethe.v1`: sends until acknowledged, resumes after a loss, waits where consent is asked. */

import { visitorLine } from "./connection.js";
import { Edits } from "./edits.js";
import { Transcript } from "./transcript.js";

const TOO_LARGE = 1009;
const UNNAMED = new Set(["invalid_frame", "too_large"]);
const TRIES = 5;
const PATIENCE = { ack: 15_000, welcome: 8_000, hole: 300, typing: 8_000 };

/** Fires `change`, `asked` (`detail`: the notice in force or null) and `over` (`detail`: why it is not tried again). */
export class Conversation extends EventTarget {
  transcript = new Transcript();
  live = false;
  lost = false;
  ended = false;
  /** It takes no message any more: only another chat can begin. */
  closed = false;
  online;
  typing = null;
  edits = new Edits((frame) => this.live && this.#connection.send(frame));

  #connection;
  #api;
  #asked = null;
  #answer = null;
  #fresh = false;
  #goingOn = false;
  #mended = -1;
  #timers = {};
  #hears = {
    __proto__: null,
    welcome: (frame) => this.#welcomed(frame),
    ack: (frame) => this.#acked(frame),
    message: (frame) => this.#said(frame),
    redacted: (frame) => this.#said(frame),
    edited: (frame) => this.#said(frame),
    typing: (frame) => this.#typed(frame),
    read: (frame) => {
      this.transcript.read[frame.author.kind] = frame.seq;
    },
    presence: ({ online }) => (this.online = online),
    ended: () => {
      this.ended = true;
      this.#goingOn = false;
    },
    consent_required: ({ notice }) => this.#ask(notice),
    error: (frame) => this.#refused(frame),
  };

  /** `unsent`: what an earlier conversation could not send. */
  constructor(url, api, online, unsent = []) {
    super();
    this.#api = api;
    this.online = online;
    for (const { text, attachments } of unsent) this.transcript.mark(this.transcript.hold(text, attachments), "failed");
    this.#connection = visitorLine(url, {
      opened: () => this.#hello(),
      received: (frame) => this.#received(frame),
      lost: (code) => this.#lost(code),
      over: (reason) => this.#over(reason),
    });
  }

  send(text, files = []) {
    const attachments = files.map((file) => ({ name: file.name, size: file.size, file }));
    this.retry(this.transcript.hold(text, attachments));
  }

  retry(id) {
    const said = this.transcript.mark(id, "sending");
    if (this.closed) this.fresh();
    else if (said) this.#post(said);
    this.#changed();
  }

  drop(id) {
    this.transcript.drop(id);
    this.#changed();
  }

  type(on) {
    this.#tell({ type: "typing", on });
  }

  /** What stands behind a hole is not seen yet. */
  seen() {
    const { read, lastSeq, unread } = this.transcript;
    if (!this.live || !unread || read.visitor >= lastSeq) return;
    read.visitor = lastSeq;
    this.#tell({ type: "read", seq: lastSeq });
    this.#changed();
  }

  agree(answer) {
    this.#answer = { ...answer, sent: this.#connection.send({ type: "consent", ...answer }) };
  }

  /** The next message opens the ended ticket again. */
  goOn() {
    this.#goingOn = true;
    this.ended = false;
    this.#changed();
  }

  /** Leave an ended ticket: the next message opens a new one. */
  fresh() {
    this.#fresh = true;
    this.ended = this.closed = this.#goingOn = false;
    this.#hello();
  }

  end() {
    this.#tell({ type: "end" });
  }

  /** Ask whether the socket outlived a time in the background. */
  check() {
    if (this.live) this.#hello();
  }

  /** Do not wait for the next try. */
  hurry() {
    this.#connection.hurry();
  }

  stop() {
    this.#away();
    this.#connection.close();
  }

  #hello() {
    const last_seq = this.#fresh ? 0 : this.transcript.lastSeq;
    const sent = this.#connection.send({
      type: "hello",
      token: this.#api.token,
      last_seq,
      ...(this.#fresh && { fresh: true }),
    });
    if (sent) this.#after("welcome", () => this.#connection.again());
  }

  #received(frame) {
    const hear = this.#hears[frame.type];
    if (!hear) return; // a newer server may say more
    hear(frame);
    this.edits.hear(frame);
    this.#changed();
  }

  #welcomed(frame) {
    clearTimeout(this.#timers.welcome);
    this.#connection.settled();
    this.#asked = this.#answer = null;
    Object.assign(this, { live: true, lost: false, online: frame.online, closed: frame.status === "trash" });
    this.#goingOn &&= frame.status === "solved";
    this.ended = this.closed || (frame.status === "solved" && !this.#goingOn);
    if (this.transcript.welcome(frame)) this.#resend();
    else this.#hello();
    this.#mend();
  }

  #acked(frame) {
    this.#fresh = false;
    if (this.#belongs(frame)) this.transcript.acked(frame);
    clearTimeout(this.#timers.ack);
    if (this.transcript.pending.some(({ state }) => state === "sending")) this.#expectAck();
    this.#mend();
  }

  #said(frame) {
    if (this.#belongs(frame)) this.transcript.take(frame);
    if (frame.author?.kind === "agent") this.typing = null;
    this.#mend();
  }

  /** Another window may have opened a new ticket. */
  #belongs({ ticket }) {
    const ours = this.transcript.ticket ?? ticket;
    if (ours !== ticket) this.#hello();
    return ours === ticket;
  }

  #typed({ on, author }) {
    this.typing = on ? (author.name ?? "") : null;
    this.#after("typing", () => {
      this.typing = null;
      this.#changed();
    });
  }

  /** Give the answer that could not be sent; else ask. A restored server counts its versions on from an older one. */
  #ask(notice) {
    clearTimeout(this.#timers.welcome);
    this.live = this.lost = false;
    const given = this.#answer;
    this.#answer = null;
    const { sent, ...answer } = given ?? {};
    const same = this.#asked?.sha256 === notice?.sha256;
    if (given && !sent && same && answer.notice_version === notice?.version) this.agree(answer);
    else if (given || !same || !notice) {
      this.#asked = notice ?? {};
      this.dispatchEvent(new CustomEvent("asked", { detail: notice }));
    }
  }

  #refused({ code, id, retry_after: seconds = 1 }) {
    if (code === "consent_required") {
      if (!this.#asked) this.#after("hole", () => this.#hello()); // which is answered with the notice
    } else if (code === "rate_limited" && this.transcript.mark(id, "waiting", code)) {
      setTimeout(() => this.live && this.retry(id), seconds * 1000);
    } else {
      if (code === "ended") this.ended = true;
      if (code === "ended" && id) this.closed = true;
      if (code === "not_found") this.transcript.lose(id);
      if (code === "invalid_field") this.#api.toNobody(); // sent again, it goes to no department
      this.transcript.mark(id ?? this.#unnamed(code), "failed", code);
    }
  }

  /** A refusal that names no message is of the one sent last. */
  #unnamed(code) {
    return UNNAMED.has(code) && this.transcript.pending.findLast(({ state }) => state === "sending")?.id;
  }

  #post({ id, text, attachments }) {
    if (!this.live) return;
    const ids = attachments.map((file) => file.id);
    if (ids.every(Boolean)) {
      this.#connection.send({ type: "message", id, text, attachments: ids, ...this.#api.to });
      this.#expectAck();
    } else this.#upload(id, attachments);
  }

  async #upload(id, attachments) {
    const { sendUp } = await import("./file-tray.js");
    const code = await sendUp(attachments, this.#api, () => this.#changed());
    if (code) this.transcript.mark(id, "failed", code);
    else if (code === "") this.retry(id);
    this.#changed();
  }

  /** With the same ids: what arrived before is not stored twice. What is never acknowledged does not wait for ever. */
  #resend() {
    for (const said of this.transcript.pending.filter(({ state }) => state !== "failed")) {
      said.tries = (said.tries ?? 0) + 1;
      if (said.tries > TRIES) this.transcript.mark(said.id, "failed", "unavailable");
      else this.#post(this.transcript.mark(said.id, "sending"));
    }
  }

  #expectAck() {
    this.#after("ack", () => this.live && this.#connection.again());
  }

  #mend() {
    const { behind, lastSeq } = this.transcript;
    if (behind && lastSeq !== this.#mended) this.#after("hole", () => this.#fill());
  }

  #fill() {
    if (!this.transcript.behind) return;
    this.#mended = this.transcript.lastSeq;
    this.#hello();
  }

  #tell(frame) {
    if (this.live && !this.ended) this.#connection.send(frame);
  }

  #lost(code) {
    this.#away();
    this.lost = true;
    if (this.#answer) this.#answer.sent = false;
    if (code === TOO_LARGE)
      for (const { id } of this.transcript.pending) this.transcript.mark(id, "failed", "too_large");
    this.#changed();
  }

  #over(reason) {
    this.#away();
    this.dispatchEvent(new CustomEvent("over", { detail: reason }));
  }

  #away() {
    Object.values(this.#timers).forEach(clearTimeout);
    Object.assign(this, { live: false, typing: null });
  }

  #after(name, work) {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = setTimeout(work, PATIENCE[name]);
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
