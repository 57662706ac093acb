/** What stands above a transcript that is not all there: that there is more, that it is coming, that it did not come. */

import { h } from "./common/dom.js";
import { t } from "./words.js";

const SETTLES = 500;

export class EarlierRow {
  #button = h("button", { class: "button is-plain", type: "button" });
  #text = h("span", {});
  #print = h("p", { class: "only-print" }, t("inbox.earlier.unprinted"));
  /** The row. */
  row = h("div", { class: "earlier", hidden: true }, this.#text, this.#button, this.#print);
  /** Says what came to who hears it; the messages themselves are not read aloud. */
  said = h("p", { class: "for-ears", role: "status" });

  /** `ask` is what its button does. */
  constructor(ask) {
    this.#button.addEventListener("click", ask);
  }

  /** Draws how it stands with what is before the transcript of `open`, which `scroll` shows. */
  draw({ hasEarlier, earlier }, scroll) {
    // The button stays the same one, or a keyboard would lose its place; at the beginning that is the transcript.
    if (!hasEarlier && this.row.contains(document.activeElement)) scroll.focus({ preventScroll: true });
    this.row.hidden = !hasEarlier;
    scroll.setAttribute("aria-busy", String(earlier === "asked"));
    const text = { asked: t("inbox.earlier.loading"), failed: t("inbox.earlier.failed") }[earlier] ?? "";
    const words = t(earlier === "failed" ? "common.try_again" : "inbox.earlier.show");
    if (this.#text.textContent !== text) this.#text.textContent = text;
    if (this.#button.textContent !== words) this.#button.textContent = words;
    if (earlier) this.said.textContent = text;
    this.#button.classList.toggle("for-ears", earlier === "asked");
    this.#button.setAttribute("aria-disabled", String(earlier === "asked"));
  }

  /** So many entries came into `scroll`: they are said to have come, and not read aloud one by one. */
  came(count, scroll) {
    this.said.textContent = t("inbox.earlier.came", { count });
    scroll.setAttribute("aria-busy", "true");
    setTimeout(() => scroll.setAttribute("aria-busy", "false"), SETTLES);
  }

  clear() {
    this.said.textContent = "";
  }
}
