/** <push-switch>: whether an agent is called on this device, asked of the browser when the button is pressed. */

import { define } from "./common/dom.js";
import { canPush, subscribe, unsubscribe } from "./push.js";
import { rest } from "./rest.js";
import { t } from "./words.js";

class PushSwitch extends HTMLElement {
  #on = false;
  #button = this.querySelector("button");
  #said = this.querySelector("[role=status]");

  connectedCallback() {
    this.#button.addEventListener("click", () => this.#press());
    this.#begin();
  }

  async #begin() {
    if (!canPush()) return this.#say("missing");
    try {
      this.#on = (await rest("GET", "/push")).here;
      this.#draw();
    } catch {
      this.#say("unreachable");
    }
    return undefined;
  }

  async #press() {
    this.#button.ariaDisabled = "true";
    try {
      const allowed = this.#on || (await Notification.requestPermission()) === "granted";
      if (!allowed) return this.#say("denied");
      await (this.#on ? unsubscribe() : subscribe());
      this.#on = !this.#on;
      this.#draw();
    } catch {
      this.#say("failed");
    } finally {
      this.#button.ariaDisabled = null;
    }
    return undefined;
  }

  #draw() {
    this.#say(this.#on ? "on" : "off");
    this.#button.textContent = t(this.#on ? "push.end" : "push.begin");
    this.#button.hidden = false;
  }

  #say(what) {
    this.#said.textContent = t(`push.state.${what}`);
    this.#said.classList.toggle("is-bad", !["on", "off"].includes(what));
  }
}

define("push-switch", PushSwitch);
