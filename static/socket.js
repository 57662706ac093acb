/**
 * The agent's one websocket: says `frame` for what arrives and `state` when it comes and goes, and always comes back.
 */

import { CONNECTING, Heartbeat, wait, watch } from "./common/line.js";

const PROTOCOL = "lethe.v1";
const FINAL = new Map([
  [4401, "unauthorized"],
  [4403, "forbidden"],
  [4409, "elsewhere"],
]);

export class AgentSocket extends EventTarget {
  /** "connecting", "online", "waiting" (for the next try), or why it will not come back: a value of FINAL. */
  state = "connecting";
  #address;
  #socket = null;
  #tries = 0;
  #timer = 0;
  #heartbeat = new Heartbeat(
    (frame) => this.send(frame),
    () => this.restart(),
  );

  constructor(address = `${location.origin.replace(/^http/, "ws")}/ws/agent`) {
    super();
    this.#address = address;
    watch(
      () => this.hurry(),
      () => this.restart(),
    );
  }

  connect() {
    clearTimeout(this.#timer);
    this.#become("connecting");
    const socket = new WebSocket(this.#address, PROTOCOL);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#giveUp(), CONNECTING);
    socket.addEventListener("message", (event) => socket === this.#socket && this.#hear(event.data));
    socket.addEventListener("close", (event) => socket === this.#socket && this.#lost(event.code));
  }

  /** Sends `frame` if the line is up; answers whether it went out, which is not yet whether it was stored. */
  send(frame) {
    if (this.state !== "online") return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  /** Gives the line up for lost and begins anew: for when it looks open and nothing comes back. */
  restart() {
    if (this.state === "online") this.#giveUp();
  }

  /** Asks whether the line still stands; else tries anew, now. */
  hurry() {
    if (this.state === "online") return this.#heartbeat.ask();
    const slow = this.#socket;
    if (["waiting", "connecting"].includes(this.state)) this.connect();
    return slow?.close();
  }

  #giveUp() {
    const stale = this.#socket;
    this.#lost(1006);
    stale.close();
  }

  // The first frame is the server's welcome: before it the line is open but nobody has said we may use it.
  #hear(data) {
    const frame = JSON.parse(data);
    if (this.#heartbeat.heard(frame)) return;
    if (frame.type === "welcome" && this.state === "connecting") {
      clearTimeout(this.#timer);
      this.#tries = 0;
      this.#become("online");
    }
    this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #lost(code) {
    this.#socket = null;
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    if (FINAL.has(code)) return this.#become(FINAL.get(code));
    this.#become("waiting");
    this.#timer = setTimeout(() => this.connect(), wait(this.#tries++));
  }

  #become(state) {
    if (state === this.state && state !== "connecting") return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }
}
