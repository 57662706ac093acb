/** One socket, opened again after growing, jittered waits; knows what each close means and nothing of messages. */

import { CONNECTING, Heartbeat, wait, watch } from "/static/common/line.js";

const FINAL = { 4400: "broken", 4401: "unauthorized", 4403: "forbidden", 4410: "erased" };

const PATIENT = new Set([4409, 4429]);

/** Milliseconds more. */
const PATIENCE = 30_000;

export class Connection {
  #url;
  #listener;
  #socket = null;
  #timer = 0;
  #attempt = 0;
  #leaving = new AbortController();
  #heartbeat = new Heartbeat(
    (frame) => this.send(frame),
    () => this.again(),
  );

  /** `listener`: `opened()`, `received(frame)`, `lost(code)`, `over(reason)`. */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
    watch(
      () => this.hurry(),
      () => this.#socket && this.again(),
      this.#leaving.signal,
    );
    this.#open();
  }

  /** False where there is no socket to take it. */
  send(frame) {
    const up = this.#socket?.readyState === WebSocket.OPEN;
    if (up) this.#socket.send(JSON.stringify(frame));
    return up;
  }

  /** Ask whether the socket there is still lives; else try anew, now. */
  hurry() {
    const socket = this.#socket;
    if (socket?.readyState === WebSocket.OPEN) this.#heartbeat.ask();
    else this.#open();
    if (socket !== this.#socket) socket?.close();
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
    this.#heartbeat.stop();
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
    socket.addEventListener(
      "open",
      mine(() => {
        clearTimeout(this.#timer);
        this.#listener.opened();
      }),
    );
    socket.addEventListener(
      "message",
      mine(({ data }) => this.#heard(JSON.parse(data))),
    );
    socket.addEventListener(
      "close",
      mine(({ code }) => this.#lost(code)),
    );
  }

  #heard(frame) {
    if (!this.#heartbeat.heard(frame)) this.#listener.received(frame);
  }

  #lost(code) {
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    this.#socket = null;
    if (code in FINAL) {
      this.#leaving.abort();
      this.#listener.over(FINAL[code]);
      return;
    }
    const more = PATIENT.has(code) ? PATIENCE : 0;
    this.#timer = setTimeout(() => this.#open(), wait(this.#attempt) + more);
    this.#attempt += 1;
    this.#listener.lost(code);
  }
}
