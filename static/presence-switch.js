/** <presence-switch>: whether visitors see that this agent is there. */

import { define, h } from "./common/dom.js";
import { t } from "./words.js";

class PresenceSwitch extends HTMLElement {
  #inbox;
  #button = h("button", { class: "presence", type: "button", role: "switch", click: () => this.#toggle() });

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
    this.replaceChildren(this.#button);
    for (const event of ["presence", "line"]) inbox.addEventListener(event, () => this.#draw());
    this.#draw();
  }

  #toggle() {
    this.#inbox.setPresence(this.#inbox.presence === "online" ? "away" : "online");
  }

  #draw() {
    const { presence, socket } = this.#inbox;
    const state = socket.state === "online" ? presence : "offline";
    this.#button.dataset.state = state;
    this.#button.disabled = state === "offline";
    this.#button.setAttribute("aria-checked", String(presence === "online"));
    this.#button.setAttribute("aria-label", t("inbox.presence"));
    this.#button.title = t(`inbox.presence.${state}.how`);
    this.#button.textContent = t(`inbox.presence.${state}`);
  }
}

define("presence-switch", PresenceSwitch);
