/**
 * How a client keeps its one websocket, in the widget and in the inbox alike: when to ask, when to give up, how long to
 * wait.
 */

/** Milliseconds: of connecting, of silence before the other end is asked, and for its answer. */
export const CONNECTING = 10_000;
export const SILENCE = 40_000;
export const ANSWER = 10_000;

const SHORTEST = 500;
const LONGEST = 30_000;
const GROWTH = 1.5;

/** Milliseconds before attempt 0, 1, 2, …: at random between 0.5 s and a limit that grows by half, up to 30 s. */
export function wait(attempt, random = Math.random) {
  const limit = Math.min(LONGEST, 2 * SHORTEST * GROWTH ** attempt);
  return SHORTEST + random() * (limit - SHORTEST);
}

/** A browser hides the server's pings from its page, so the page asks for itself. */
export class Heartbeat {
  #send;
  #dead;
  #timer = 0;
  #asked = false;

  /** `send(frame)`, and `dead()` where no answer comes. */
  constructor(send, dead) {
    this.#send = send;
    this.#dead = dead;
  }

  /** Something came: true where it was of the heartbeat alone. */
  heard({ type }) {
    this.#after(SILENCE, () => this.ask());
    this.#asked = false;
    if (type === "ping") this.#send({ type: "pong" });
    return type === "ping" || type === "pong";
  }

  ask() {
    if (this.#asked) return;
    this.#asked = true;
    this.#send({ type: "ping" });
    this.#after(ANSWER, this.#dead);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#asked = false;
  }

  #after(time, deed) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(deed, time);
  }
}

/** Calls `back` when the page may have been away from the network, and `gone` when it is; until `signal` says stop. */
export function watch(back, gone, signal) {
  addEventListener("online", back, { signal });
  addEventListener("pageshow", ({ persisted }) => persisted && back(), { signal });
  addEventListener("offline", gone, { signal });
  document.addEventListener("visibilitychange", () => document.hidden || back(), { signal });
}
