/** The agent's one line: says `frame` for what arrives and `state` when it comes and goes, and always comes back. */

import { Line } from "./common/line.js";

const LOOKS = 30_000;
const ENDS = { 4401: "unauthorized", 4403: "forbidden", 4409: "elsewhere" };

export class AgentSocket extends EventTarget {
  /** "connecting", "online", "waiting" (for the next try), or why it will not come back: a value of ENDS. */
  state = "connecting";
  #line;

  constructor(address = `${location.origin.replace(/^http/, "ws")}/ws/agent`) {
    super();
    const listener = {
      opening: () => this.#become("connecting"),
      received: (frame) => this.#hear(frame),
      lost: () => this.#become("waiting"),
      over: (reason) => this.#become(reason),
    };
    this.#line = new Line(address, listener, ENDS);
  }

  connect() {
    this.#line.open();
  }

  /** Sends `frame` if the line is up; answers whether it went out, which is not yet whether it was stored. */
  send(frame) {
    return this.state === "online" && this.#line.send(frame);
  }

  /** Gives the line up for lost and begins anew: for when it looks open and nothing comes back. */
  restart() {
    if (this.state === "online") this.#line.again();
  }

  /** Asks whether the line still stands; else tries anew, now. */
  hurry() {
    this.#line.hurry();
  }

  // The first frame is the server's welcome: before it the line is open but nobody has said we may use it.
  #hear(frame) {
    if (frame.type === "welcome" && this.state === "connecting") {
      this.#line.connected();
      this.#line.settled();
      this.#become("online");
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #become(state) {
    if (state === this.state && state !== "connecting") return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}

/** From now on says which ticket this page looks at: the open one of `inbox`. A tab that nobody sees looks at nothing. */
export function keepLooking(inbox) {
  const look = () => {
    const { open, socket } = inbox;
    if (open?.loaded && !open.gone)
      socket.send({ type: "looking", ticket: document.visibilityState === "hidden" ? null : open.number });
  };
  inbox.socket.addEventListener("frame", ({ detail }) => detail.type === "welcome" && look());
  document.addEventListener("visibilitychange", look);
  setInterval(look, LOOKS);
}
