/** What was said in the open ticket before what is known of it: asked for over the line, a part at a time. */

import { PART } from "./transcript.js";

/** The most that can be asked for at once. */
const MOST = 500;
const PATIENCE = 10_000;

export class Earlier {
  #inbox;
  #timer = 0;

  /** @param {import("./model.js").Inbox} inbox */
  constructor(inbox) {
    this.#inbox = inbox;
    // After the inbox itself has heard it.
    inbox.socket.addEventListener("frame", ({ detail }) => queueMicrotask(() => this.#hear(detail)));
  }

  /** Shows the entry ("message-12", "note-3") of the open ticket, reading as far back as it stands. */
  seek(entry) {
    if (!this.#inbox.open || !entry) return;
    this.#inbox.open.sought = entry;
    this.#drawn();
  }

  /** Asks for the part before what is known, and for larger ones while something further back is looked for. */
  ask() {
    const { open, socket } = this.#inbox;
    if (!open?.loaded || !open.hasEarlier || open.earlier === "asked") return;
    const count = open.sought || open.wanted ? MOST : PART;
    const sent = socket.send({ type: "earlier", ticket: open.number, before: open.first, count });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(), sent ? PATIENCE : 0);
    open.earlier = "asked";
    this.#drawn();
  }

  /** Reads the open ticket to its beginning; answers whether all of it is there. */
  async all() {
    const { open } = this.#inbox;
    if (!open?.loaded) return false;
    open.wanted = true;
    this.ask();
    const settled = () => this.#inbox.open !== open || !open.hasEarlier || open.earlier === "failed";
    const drawn = (done) => {
      this.#inbox.addEventListener("ticket", done, { once: true });
    };
    while (!settled()) await new Promise(drawn);
    open.wanted = false;
    return this.#inbox.open === open && !open.hasEarlier;
  }

  #hear(frame) {
    const { open } = this.#inbox;
    if (!open || open.gone) return;
    const mine = frame.ticket === open.number;
    if (frame.type === "error" && !frame.id && open.earlier === "asked") this.#fail();
    else if (frame.type === "welcome" && mine && open.earlier) this.#again();
    else if (frame.type === "earlier" && mine && frame.before === open.first) this.#take(frame);
  }

  // The line was away: whatever was asked for there is never answered.
  #again() {
    this.#inbox.open.earlier = "";
    this.ask();
  }

  #take(frame) {
    const { open } = this.#inbox;
    clearTimeout(this.#timer);
    open.before(frame);
    this.#drawn();
    if (open.wanted) this.ask();
  }

  #fail() {
    const { open } = this.#inbox;
    if (open?.earlier !== "asked") return;
    clearTimeout(this.#timer);
    open.earlier = "failed";
    this.#drawn();
  }

  #drawn() {
    this.#inbox.dispatchEvent(new CustomEvent("ticket"));
  }
}
