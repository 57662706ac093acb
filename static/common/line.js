/** How a client keeps its one websocket, in the widget and in the inbox alike, through silence, sleep and loss. */

/** Milliseconds: of connecting, of silence before the other end is asked, and for its answer. */
const CONNECTING = 10_000;
const SILENCE = 40_000;
const ANSWER = 10_000;

const SHORTEST = 500;
const LONGEST = 30_000;
const GROWTH = 1.5;

/** Milliseconds before attempt 0, 1, 2, …: at random between 0.5 s and a limit that grows by half, up to 30 s. */
export function wait(attempt, random = Math.random) {
  const limit = Math.min(LONGEST, 2 * SHORTEST * GROWTH ** attempt);
  return SHORTEST + random() * (limit - SHORTEST);
}

/** A browser hides the server's pings from its page, so the page asks for itself. */
class Heartbeat {
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

  #after(time, work) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(work, time);
  }
}

/** Calls `back` when the page may have been away from the network, and `gone` when it is; until `signal` says stop. */
function watch(back, gone, signal) {
  addEventListener("online", back, { signal });
  addEventListener("pageshow", ({ persisted }) => persisted && back(), { signal });
  addEventListener("offline", gone, { signal });
  document.addEventListener("visibilitychange", () => document.hidden || back(), { signal });
}

/** One websocket that is opened again after growing waits, until its server says by how it closes that it is over. */
export class Line {
  #url;
  #listener;
  #ends;
  #socket = null;
  #timer = 0;
  #tries = 0;
  #over = new AbortController();
  #heartbeat = new Heartbeat(
    (frame) => this.send(frame),
    () => this.again(),
  );

  /**
   * `listener`: `opening()`, `opened()`, `received(frame)`, `lost(code)`, `over(reason)`, and `patience(code)`:
   * milliseconds to wait beside the growing ones. `ends`: for each code after which it is not opened again, the reason.
   */
  constructor(url, listener, ends) {
    this.#url = url;
    this.#listener = listener;
    this.#ends = ends;
    watch(
      () => this.hurry(),
      () => this.#socket && this.again(),
      this.#over.signal,
    );
  }

  /** Opens a socket, in the place of one that may be there. It has ten seconds until `connected`. */
  open() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url, "lethe.v1");
    const mine = (hear) => (event) => socket === this.#socket && hear(event);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.again(), CONNECTING);
    socket.addEventListener(
      "open",
      mine(() => this.#listener.opened?.()),
    );
    socket.addEventListener(
      "message",
      mine(({ data }) => this.#heard(JSON.parse(data))),
    );
    socket.addEventListener(
      "close",
      mine(({ code }) => this.#lost(code)),
    );
    this.#listener.opening?.();
  }

  /** The socket that is there is as it should be. */
  connected() {
    clearTimeout(this.#timer);
  }

  /** The other end does what it should, so the waits begin anew. */
  settled() {
    this.#tries = 0;
  }

  /** False where there is no socket to take it. */
  send(frame) {
    const up = this.#socket?.readyState === WebSocket.OPEN;
    if (up) this.#socket.send(JSON.stringify(frame));
    return up;
  }

  /** Asks whether the socket there still lives; else tries anew, now. */
  hurry() {
    if (this.#over.signal.aborted) return;
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN) this.#heartbeat.ask();
    else this.open();
    if (socket !== this.#socket) socket?.close();
  }

  /** Gives up a socket that has gone silent. */
  again() {
    const silent = this.#socket;
    this.#lost(1006);
    silent?.close();
  }

  close() {
    this.#over.abort();
    this.#quiet()?.close();
  }

  #heard(frame) {
    if (!this.#heartbeat.heard(frame)) this.#listener.received(frame);
  }

  #lost(code) {
    this.#quiet();
    if (code in this.#ends) {
      this.#over.abort();
      this.#listener.over(this.#ends[code]);
      return;
    }
    const more = this.#listener.patience?.(code) ?? 0;
    this.#timer = setTimeout(() => this.open(), wait(this.#tries) + more);
    this.#tries += 1;
    this.#listener.lost(code);
  }

  /** Waits for nothing any more; gives the socket that was there. */
  #quiet() {
    const socket = this.#socket;
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    this.#socket = null;
    return socket;
  }
}
