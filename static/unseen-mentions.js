/** The tickets in which a note names this agent, until they look: who was away finds them. Says `change`. */

import { rest } from "./rest.js";

export class UnseenMentions extends EventTarget {
  #inbox;
  /** Their numbers, the newest first. */
  numbers = [];

  /** @param {import("./model.js").Inbox} inbox */
  constructor(inbox) {
    super();
    this.#inbox = inbox;
    inbox.addEventListener("connected", () => this.#load());
    inbox.addEventListener("mentioned", ({ detail: { ticket } }) => this.#become([ticket, ...this.#but(ticket)]));
    inbox.addEventListener("ticket", () => this.#look());
    document.addEventListener("visibilitychange", () => this.#look());
  }

  async #load() {
    const { items } = await rest("GET", "/mentions").catch(() => ({ items: [] })); // read when the line is back
    this.#become(items.map(({ ticket }) => ticket));
  }

  // A ticket is looked at in a tab that is.
  #look() {
    const { open } = this.#inbox;
    if (!open?.loaded || open.gone || document.visibilityState === "hidden") return;
    if (!this.numbers.includes(open.number)) return;
    this.#become(this.#but(open.number));
    rest("DELETE", `/mentions/${open.number}`).catch(() => {}); // found again, and looked at again
  }

  #but(number) {
    return this.numbers.filter((each) => each !== number);
  }

  #become(numbers) {
    this.numbers = numbers;
    this.dispatchEvent(new Event("change"));
    this.#look();
  }
}
