/**
 * <notification-switches>: the boxes of what calls an agent. The browser is asked whether it may show notifications when
 * the box is ticked, and a tone that is ticked is heard at once.
 */

import { define } from "./common/dom.js";
import { play, tune } from "./tone.js";

class NotificationSwitches extends HTMLElement {
  connectedCallback() {
    this.addEventListener("change", ({ target }) => target.checked && this.#ticked(target));
    this.#explain(this.#box("desktop").checked);
  }

  #box(name) {
    return this.querySelector(`input[name=${name}]`);
  }

  async #ticked({ name }) {
    if (name === "sound") {
      tune();
      setTimeout(play, 50);
    }
    if (name !== "desktop") return;
    await globalThis.Notification?.requestPermission();
    this.#explain(true);
  }

  // What is ticked stays so: it is for the agent's other browsers too.
  #explain(wanted) {
    const permission = globalThis.Notification?.permission ?? "missing";
    for (const each of this.querySelectorAll("[data-permission]"))
      each.hidden = !wanted || each.dataset.permission !== permission;
  }
}

define("notification-switches", NotificationSwitches);
