/** The inbox behind the screen: what is known, what an agent may do with it, and what the server says meanwhile. */

import { me } from "./agent-face.js";
import { boot } from "./boot.js";
import { uuid } from "./common/writing.js";
import { Drafts } from "./drafts.js";
import { Outbox } from "./outbox.js";
import { rest } from "./rest.js";
import { AgentSocket, keepLooking } from "./socket.js";
import { Tickets } from "./tickets.js";
import { PART, Transcript } from "./transcript.js";
import { Views } from "./views.js";

/**
 * Says `line` (the connection), `ticket` (the open one), `typing` and `presence`, `changed` with a ticket's summary
 * before and now, `gone` with the numbers of tickets of which nothing may be shown or kept any more, `moved` with that of
 * one that is part of another (`into`), `solve` with that of one to be solved, `mentioned` and `assigned` with the frame.
 */
export class Inbox extends EventTarget {
  socket = new AgentSocket();
  outbox = new Outbox(this.socket);
  views = new Views();
  tickets = new Tickets(this.views);
  drafts = new Drafts(boot.agent.id);
  /** Those who can sign in. */
  agents = [];
  /** All there are, deactivated ones too. */
  colleagues = [];
  departments = [];
  presence = "online";
  /** The Transcript of the open ticket, or null. */
  open = null;
  /** The contact of the open ticket, as REST gives it, once its card has read it; or of another, or null. */
  contact = null;
  /** Why the open ticket cannot be shown: an error code, or null. */
  trouble = null;
  /** The view that is looked at. */
  followed = null;
  /** The Earlier that asks for what was said before. */
  earlier = null;
  #epoch = null;
  #connectedBefore = false;
  #hears = {
    welcome: (frame) => this.#welcome(frame),
    ack: (frame) => this.#ack(frame),
    message: (frame) => this.#entry(frame, (open) => open.message(frame)),
    note: (frame) => this.#entry(frame, (open) => open.note(frame)),
    edited: (frame) => this.#entry(frame, (open) => open.redacted(frame)),
    redacted: (frame) => this.#entry(frame, (open) => open.redacted(frame)),
    system: (frame) => this.#entry(frame, (open) => open.system(frame)),
    read: (frame) => this.#entry(frame, (open) => open.seen(frame)),
    ticket: ({ type: _, ticket: number, ...summary }) => this.#changed({ number, ...summary }),
    erasure: (frame) => this.#erased(frame),
    contact: (frame) => this.#say("contact", frame),
    mentioned: (frame) => this.#say("mentioned", frame),
    assigned: (frame) => this.#say("assigned", frame),
    typing: (frame) => this.#say("typing", frame),
    looking: (frame) => this.#entry(frame, (open) => Object.assign(open, { lookers: frame.agents })),
    ended: (frame) => this.#say("ended", frame),
    presence: (frame) => this.#present(frame),
    views: ({ counts }) => this.views.count(counts),
    error: (frame) => this.#error(frame),
  };

  start() {
    this.socket.addEventListener("frame", ({ detail }) => this.#hears[detail.type]?.(detail));
    this.socket.addEventListener("state", () => this.#say("line"));
    this.outbox.addEventListener("change", () => this.#say("ticket"));
    this.socket.connect();
    keepLooking(this);
  }

  /** Opens the ticket `number`, or none; its transcript comes by the socket. */
  show(number) {
    if (this.open) this.socket.send({ type: "close", ticket: this.open.number });
    this.trouble = null;
    this.contact = null;
    this.open = number === null ? null : new Transcript(number);
    this.#catchUp();
    this.#say("ticket");
  }

  /** `more` says whom a note `mentions`, and whether the ticket is to be solved once a reply is stored (`solve`). */
  write(type, text, files, more) {
    this.outbox.add(type, this.open.number, text, files, more);
  }

  typing(ticket, on) {
    this.socket.send({ type: "typing", ticket, on });
  }

  /** Tells the server and the visitor how far the open ticket was read. */
  markRead() {
    const { open } = this;
    const seq = open?.lastSeq ?? 0;
    if (seq <= Math.max(open?.read.agent ?? 0, open?.reported ?? 0)) return;
    if (this.socket.send({ type: "read", ticket: open.number, seq })) open.reported = seq;
  }

  setPresence(status) {
    this.presence = status;
    this.socket.send({ type: "presence", status });
    this.#say("presence");
  }

  /** Changes a ticket, or does to it what is posted at `way` ("/take", "/transfer"); throws a Problem. */
  async change(number, changes, way = "") {
    this.#summary(await rest(way ? "POST" : "PATCH", `/tickets/${number}${way}`, changes));
    if (changes?.tags) this.views.loadTags().catch(() => {});
  }

  /** Puts a ticket aside until a time, or has it back where that is null; throws a Problem. */
  async snooze(number, until) {
    const path = `/tickets/${number}/snooze`;
    this.#summary(await (until ? rest("PUT", path, { until }) : rest("DELETE", path)));
  }

  /** Says which view is looked at, and so has the server tell how many are in each. */
  follow(view) {
    this.followed = view;
    this.socket.send({ type: "follow", view });
  }

  /** Marks what the visitor wrote in a ticket as spam (holds it) or as not (releases it); throws a Problem. */
  async judge(number, spam) {
    const summary = await rest("PUT", `/tickets/${number}/spam`, { spam });
    const { learnt, ...shown } = summary ?? {};
    if (shown.number) this.#summary(shown);
    if (this.open?.number === number) this.socket.send({ type: "open", ticket: number, last_seq: this.open.first - 1 });
    return learnt !== 0;
  }

  /** Reads the texts of what is held in the open ticket, and shows that of `seq`; throws a Problem. */
  async reveal(seq) {
    const { open } = this;
    const { items } = await rest("GET", `/tickets/${open.number}/messages?held=true`);
    const held = items.find((item) => item.seq === seq);
    if (held?.text !== undefined) open.reveal(seq, held.text);
    this.#say("ticket");
  }

  /** Empties a message for good; throws a Problem. */
  async redact(seq) {
    this.#hears.redacted(await rest("DELETE", `/tickets/${this.open.number}/messages/${seq}`));
  }

  /** Changes one's own last message, or (null) takes it back; throws a Problem. */
  async edit(seq, text) {
    const frame = await rest("PATCH", `/tickets/${this.open.number}/messages/${seq}`, { id: uuid(), text });
    this.#hears[frame.type](frame);
  }

  /** Deletes an attachment for good; throws a Problem. */
  async removeFile(id) {
    const frame = await rest("DELETE", `/attachments/${id}`);
    if (frame) this.#hears.redacted(frame);
  }

  /** Deletes a ticket for good; throws a Problem. */
  async purge(number) {
    await rest("DELETE", `/tickets/${number}?permanent=true`);
    this.forget([number]);
  }

  /** Forgets all there is of some tickets: who it was, what was said, what was being written. */
  forget(numbers) {
    const { open } = this;
    if (numbers.includes(open?.number)) {
      this.open = Object.assign(new Transcript(open.number), { gone: true, erasure: open.erasure });
      Object.assign(this, { trouble: "not_found", contact: null });
    }
    for (const known of [this.tickets, this.drafts]) known.drop(...numbers);
    this.#say("gone", numbers);
    numbers.forEach((number) => this.outbox.drop(number));
    this.#say("ticket");
  }

  /** A ticket is a part of `into` now: what was being written there goes along. */
  moved(number, into) {
    if (this.tickets.isGone(number) && this.open?.number !== number) return;
    [this.drafts, this.outbox].forEach((written) => written.move(number, into));
    this.#say("moved", { number, into });
    this.forget([number]);
  }

  async loadAgents() {
    const { items } = await rest("GET", "/agents");
    this.colleagues = items;
    this.agents = items.filter((agent) => agent.status === "active");
    this.departments = (await rest("GET", "/departments")).items;
    this.views.put("department", this.departments);
    await this.views.loadTags();
    if (boot.agent.permissions.includes("view.own")) await this.views.load();
    this.#say("ticket");
  }

  #welcome(frame) {
    if (this.#epoch !== null && frame.epoch !== this.#epoch) this.#startAnew();
    this.#epoch = frame.epoch;
    if (frame.ticket === null) return this.#connected();
    if (frame.ticket !== this.open?.number || this.open.gone) return undefined;
    this.open.welcome(frame);
    if (frame.summary) this.#summary(frame.summary);
    return this.#say("ticket");
  }

  #connected() {
    if (this.#connectedBefore) this.tickets.doubt();
    this.#connectedBefore = true;
    if (this.presence !== "online") this.socket.send({ type: "presence", status: this.presence });
    if (this.followed) this.follow(this.followed);
    this.#catchUp();
    this.outbox.resend();
    this.#say("connected");
    this.drafts.ask(this.socket);
  }

  // A restored backup is another history: nothing read before it may stay beside what is read now.
  #startAnew() {
    this.tickets.forget();
    if (this.open) this.open = new Transcript(this.open.number);
  }

  #catchUp() {
    if (this.open && !this.open.gone)
      this.socket.send({ type: "open", ticket: this.open.number, last_seq: this.open.lastSeq, latest: PART });
  }

  #entry(frame, take) {
    if (frame.ticket !== this.open?.number || this.open.gone) return;
    take(this.open);
    if (this.open.hasGap) this.#catchUp();
    this.#say("ticket", frame);
  }

  #ack({ id, type: _, ...stored }) {
    const written = this.outbox.get(id);
    if (!written) return;
    const { type, text } = written;
    const attachments = written.attachments.map(({ file: _, ...known }) => known);
    this.#hears[type]({ ...stored, type, id, text, author: me, attachments });
    this.outbox.take(id);
    if (written.solve) this.#say("solve", written.ticket);
  }

  #changed(summary) {
    const { number, status } = summary;
    if (status === "gone" && summary.merged_into) return this.moved(number, summary.merged_into);
    // Who deleted it here knows already, and would lose the line that says that it is done.
    if (status === "gone") return this.tickets.isGone(number) ? undefined : this.forget([number]);
    this.tickets.bringBack(number);
    if (this.open?.number === number && this.open.gone && !this.open.erasure) this.show(number);
    this.#say("changed", { was: this.tickets.get(number), now: summary });
    return this.#summary(summary);
  }

  // Said twice: when it begins, and when its certificate is signed.
  #erased(frame) {
    if (frame.subject === "agent") return this.#former(frame);
    const { open } = this;
    const theirs = [open?.summary?.contact.id, open?.erasure?.contact].includes(frame.contact);
    if (theirs) open.erasure = frame;
    return this.forget([...this.tickets.dropContact(frame), ...(theirs ? [open.number] : [])]);
  }

  // What names an agent who was deleted is read anew, without the name.
  #former({ contact: id, state }) {
    if (state !== "done" || !this.colleagues.some((each) => each.id === id)) return;
    this.colleagues = this.colleagues.filter((each) => each.id !== id);
    this.loadAgents().catch(() => {});
    this.tickets.forget();
    this.#say("connected");
    if (this.open && !this.open.gone) this.show(this.open.number);
  }

  #summary(summary) {
    if (this.open?.number === summary.number && !this.open.gone) this.open.summary = summary;
    this.tickets.put(summary);
    this.#say("ticket");
  }

  #present({ agent, status }) {
    if (agent?.id !== boot.agent.id || status === "offline") return;
    this.presence = status;
    this.#say("presence");
  }

  #error({ id, code, ticket, merged_into: into }) {
    // A refusal that names nothing is of what was sent last.
    const refused = id ?? (["invalid_frame", "too_large"].includes(code) ? this.outbox.last : undefined);
    if (refused && this.outbox.get(refused)) return this.outbox.fail(refused, code);
    if (ticket && code === "not_found") return into ? this.moved(ticket, into) : this.forget([ticket]);
    if (this.open && !this.open.loaded) this.trouble = code;
    return this.#say("ticket");
  }

  #say(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
