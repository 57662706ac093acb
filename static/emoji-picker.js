/**
 * <emoji-picker>: a small choice of signs, by kind, found by their names. The names are the page's words: each kind is
 * one text, as "😀 smile happy|😂 laugh tears".
 */

import { define, h } from "./common/dom.js";
import { folded } from "./suggestions.js";
import { t } from "./words.js";

const KINDS = ["faces", "hands", "hearts", "things", "nature", "signs"];

class EmojiPicker extends HTMLElement {
  #insert = () => {};
  #search = h("input", {
    type: "search",
    class: "input emoji-search",
    autocomplete: "off",
    "aria-label": t("emoji.search"),
    placeholder: t("emoji.search"),
    input: () => this.#draw(),
  });
  #found = h("div", { class: "emoji-kinds" });
  #none = h("p", { class: "is-quiet", role: "status" });

  connectedCallback() {
    if (this.firstChild) return;
    this.setAttribute("role", "dialog");
    this.setAttribute("aria-label", t("emoji.title"));
    this.hidden = true;
    this.append(this.#search, this.#found, this.#none);
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && this.#left(relatedTarget));
    document.addEventListener("pointerdown", ({ target }) => this.#left(target));
  }

  /** Opens beside its `button`; `insert` is called with each sign that is chosen. */
  toggle(button, insert) {
    this.button = button;
    this.#insert = insert;
    if (!this.hidden) return this.close();
    this.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#search.value = "";
    this.#draw();
    return this.#search.focus();
  }

  close() {
    this.hidden = true;
    this.button?.setAttribute("aria-expanded", "false");
  }

  #left(target) {
    if (!this.hidden && !this.contains(target) && !this.button.contains(target)) this.close();
  }

  #draw() {
    const word = folded(this.#search.value.trim());
    const kinds = KINDS.map((kind) => this.#kind(kind, word)).filter(Boolean);
    this.#found.replaceChildren(...kinds);
    this.#none.textContent = kinds.length ? "" : t("emoji.none");
    this.querySelector("button")?.setAttribute("tabindex", "0");
  }

  #kind(kind, word) {
    const all = t(`emoji.kind.${kind}`).split("|");
    const [title, ...signs] = all;
    const fitting = signs.map((each) => each.split(/ (.*)/s)).filter(([, names]) => folded(names).includes(word));
    return (
      fitting.length > 0 &&
      h(
        "section",
        { "aria-label": title },
        h("h3", {}, title),
        fitting.map((each) => this.#sign(each)),
      )
    );
  }

  #sign([sign, name]) {
    const click = () => {
      this.close();
      this.#insert(sign);
    };
    return h(
      "button",
      { type: "button", class: "emoji", tabindex: "-1", "aria-label": name, title: name, click },
      sign,
    );
  }

  #key(event) {
    const { key, target } = event;
    const signs = [...this.querySelectorAll(".emoji")];
    const at = signs.indexOf(target);
    const row = signs.filter((each) => each.offsetTop === signs[0]?.offsetTop).length || 1;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: at < 0 ? 1 : row, ArrowUp: -row }[key];
    if (key === "Escape") {
      this.close();
      this.button.focus();
    } else if (key === "Enter" && at < 0) signs[0]?.click();
    else if (step && (at >= 0 || key === "ArrowDown")) this.#go(signs, Math.min(signs.length - 1, at + step));
    else return;
    event.preventDefault();
  }

  #go(signs, to) {
    for (const each of signs) each.setAttribute("tabindex", "-1");
    if (to < 0 || !signs[to]) return this.#search.focus();
    signs[to].setAttribute("tabindex", "0");
    return signs[to].focus();
  }
}

define("emoji-picker", EmojiPicker);
