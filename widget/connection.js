/** One socket, opened again after growing, jittered waits; knows what each close means and nothing of messages. */

const SHORTEST = 500;
const LONGEST = 30_000;
const CONNECTING = 10_000;

const FINAL = { 4400: "broken", 4401: "unauthorized", 4403: "forbidden", 4410: "erased" };

const PATIENT = [4409, 4429];

/** Milliseconds before attempt 0, 1, 2, …: full jitter between 0.5 s and a limit that doubles up to 30 s. */
export function wait(attempt, random = Math.random) {
  const limit = Math.min(LONGEST, SHORTEST * 2 ** (attempt + 1));
  return SHORTEST + random() * (limit - SHORTEST);
}

export class Connection {
  #url;
  #listener;
  #socket = null;
  #timer = 0;
  #attempt = 0;
  #leaving = new AbortController();

  /** `listener`: `opened()`, `received(frame)`, `lost(code)`, `over(reason)`. */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
    addEventListener("online", () => this.#socket ?? this.#open(), { signal: this.#leaving.signal });
    this.#open();
  }

  /** False where there is no socket to take it. */
  send(frame) {
    const up = this.#socket?.readyState === WebSocket.OPEN;
    if (up) this.#socket.send(JSON.stringify(frame));
    return up;
  }

  settled() {
    this.#attempt = 0;
  }

  /** Give up a socket that has gone silent. */
  again() {
    const silent = this.#socket;
    this.#lost(1006);
    silent?.close();
  }

  close() {
    this.#leaving.abort();
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #open() {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#url, "lethe.v1");
    const mine = (deed) => (event) => socket === this.#socket && deed(event);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.again(), CONNECTING);
    socket.addEventListener("open", mine(() => {
      clearTimeout(this.#timer);
      this.#listener.opened();
    }));
    socket.addEventListener("message", mine(({ data }) => this.#listener.received(JSON.parse(data))));
    socket.addEventListener("close", mine(({ code }) => this.#lost(code)));
  }

  #lost(code) {
    clearTimeout(this.#timer);
    this.#socket = null;
    if (code in FINAL) {
      this.#leaving.abort();
      this.#listener.over(FINAL[code]);
      return;
    }
    const more = PATIENT.includes(code) ? LONGEST : 0;
    this.#timer = setTimeout(() => this.#open(), wait(this.#attempt) + more);
    this.#attempt += 1;
    this.#listener.lost(code);
  }
}
