/** <ticket-tags>: the tags of the open ticket, to be taken away and added; those that the account has are suggested. */

import { boot } from "./boot.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { rest } from "./rest.js";
import { Suggestions, folded } from "./suggestions.js";
import { t } from "./words.js";

const SHOWN = 8;
const LONGEST = 50;

class TicketTags extends HTMLElement {
  #inbox;
  #say;
  #known = [];
  #drawn = "";
  #tags = h("ul", { class: "tags" });
  #field = h("input", {
    class: "input",
    type: "text",
    maxlength: LONGEST,
    autocomplete: "off",
    dir: "auto",
    "aria-label": t("tags.add"),
    placeholder: t("tags.add"),
    focus: () => this.#read(),
    input: () => this.#typed(),
    keydown: (event) => this.#key(event),
  });
  #list = new Suggestions(this.#field, t("tags.title"));

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {(text: string) => void} say says what went wrong
   */
  begin(inbox, say) {
    this.#inbox = inbox;
    this.#say = say;
    const adding = h("div", { class: "tag-field" }, this.#field, this.#list.nodes);
    const may = boot.agent.permissions.includes("ticket.change");
    this.replaceChildren(h("h3", {}, t("tags.title")), this.#tags, may ? adding : "");
    inbox.addEventListener("ticket", () => this.#draw());
    this.#draw();
  }

  get #now() {
    return this.#inbox.open?.summary?.tags ?? [];
  }

  #draw() {
    const shows = JSON.stringify([this.#inbox.open?.number, this.#now]);
    if (shows === this.#drawn) return;
    this.#drawn = shows;
    const away = (tag) =>
      h(
        "button",
        {
          class: "button is-icon",
          type: "button",
          "aria-label": t("tags.remove", { tag }),
          click: () => this.#put(this.#now.filter((each) => each !== tag)),
        },
        icon("close"),
      );
    const chip = (tag) => h("li", { class: "chip" }, h("bdi", {}, tag), away(tag));
    this.#tags.replaceChildren(...this.#now.map(chip));
  }

  async #read() {
    if (!boot.agent.permissions.includes("tag.read")) return;
    const found = await rest("GET", "/tags").catch(() => ({ items: [] }));
    this.#known = found.items.map(({ name }) => name);
    this.#typed();
  }

  #typed() {
    const word = this.#field.value.trim();
    const there = new Set(this.#now.map(folded));
    const fits = this.#known.filter((each) => !there.has(folded(each)) && folded(each).includes(folded(word)));
    const isNew = word && ![...this.#known, ...this.#now].some((each) => folded(each) === folded(word));
    const choice = (tag, lines) => ({ lines, choose: () => this.#add(tag) });
    this.#list.show([
      ...fits.slice(0, SHOWN).map((tag) => choice(tag, h("bdi", {}, tag))),
      ...(isNew ? [choice(word, t("tags.new", { tag: word }))] : []),
    ]);
  }

  #key(event) {
    if (this.#list.key(event) || event.key !== "Enter") return;
    event.preventDefault();
    if (this.#field.value.trim()) this.#add(this.#field.value.trim());
  }

  #add(tag) {
    this.#field.value = "";
    this.#list.hide();
    return this.#put([...new Set([...this.#now, tag])]);
  }

  async #put(tags) {
    this.#field.focus();
    await this.#inbox
      .change(this.#inbox.open.number, { tags })
      .catch(({ status }) => this.#say(t(status ? "tags.refused" : "inbox.unreachable")));
  }
}

define("ticket-tags", TicketTags);
