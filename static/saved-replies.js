/** Saved replies where one writes: `/name` lists those that fit, and the chosen one stands there with its variables filled. */

import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { rest } from "./rest.js";
import { Suggestions, folded, typedAfter } from "./suggestions.js";
import { filled, valuesOf } from "./variables.js";
import { t } from "./words.js";

const FRESH = 60_000;
const SHOWN = 20;

export class SavedReplies {
  #inbox;
  #field;
  #list;
  #inserted;
  #known = null;
  #readAt = 0;

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {HTMLTextAreaElement} field
   * @param {(missing: string[], reply: object) => void} inserted hears which variables nothing is known for, and of which reply
   */
  constructor(inbox, field, inserted) {
    this.#inbox = inbox;
    this.#field = field;
    this.#inserted = inserted;
    this.#list = new Suggestions(field, t("replies.title"));
  }

  get nodes() {
    return this.#list.nodes;
  }

  key(event) {
    return this.#list.key(event);
  }

  hide() {
    this.#list.hide();
  }

  /** Shows what fits what is typed now, or nothing. */
  async typed() {
    const asked = typedAfter("/", this.#field);
    if (!asked) return this.hide();
    const replies = await this.#read();
    const now = typedAfter("/", this.#field);
    // While they were read more was typed, or the field was left.
    if (!now || document.activeElement !== this.#field) return this.hide();
    if (!replies) return this.#list.show([], t("replies.unreachable"));
    const fitting = this.#fitting(replies, folded(now.word));
    if (!fitting.length && now.word) return this.hide();
    return this.#list.show(
      fitting.map((reply) => ({ lines: this.#lines(reply), choose: () => this.#insert(reply) })),
      t("replies.none"),
    );
  }

  async #read() {
    if (this.#known && Date.now() - this.#readAt < FRESH) return this.#known;
    try {
      this.#known = [...(await all("/own-responses")), ...(await all("/canned-responses"))];
      this.#readAt = Date.now();
    } catch {
      // What was read before is better than nothing; the next key asks again.
    }
    return this.#known;
  }

  /** Those of nobody's or the ticket's department that fit, first by the beginning of their shortcut. */
  #fitting(replies, word) {
    const { department } = this.#inbox.open?.summary ?? {};
    const place = ({ shortcut, title }) => {
      if (folded(shortcut).startsWith(word)) return 0;
      return folded(`${shortcut} ${title}`).includes(word) ? 1 : 2;
    };
    return replies
      .filter((each) => place(each) < 2 && (!each.department || !department || each.department === department.id))
      .sort((one, other) => place(one) - place(other) || one.shortcut.localeCompare(other.shortcut))
      .slice(0, SHOWN);
  }

  #lines(reply) {
    return [
      h("span", { class: "suggestion-name" }, h("kbd", {}, `/${reply.shortcut}`), " ", h("bdi", {}, reply.title)),
      reply.department === undefined && h("span", { class: "tag" }, t("replies.own")),
      h("span", { class: "suggestion-text", dir: "auto" }, this.#text(reply)),
    ];
  }

  /** In the visitor's language where it was written in that too. */
  #text({ text, translations }) {
    const { open, contact } = this.#inbox;
    const locale = contact?.id === open?.summary?.contact.id && contact?.locale;
    return translations[locale] ?? text;
  }

  #insert(reply) {
    const place = typedAfter("/", this.#field);
    const { summary } = this.#inbox.open ?? {};
    this.hide();
    if (!place || !summary) return;
    const { text, missing } = filled(
      this.#text(reply),
      valuesOf({ summary, agent: boot.agent, account: boot.account }),
    );
    this.#field.setRangeText(text, place.from, place.to, "end");
    const gap = missing.length ? place.from + text.indexOf(missing[0]) : -1;
    if (gap >= 0) this.#field.setSelectionRange(gap, gap + missing[0].length);
    this.#inserted(missing, reply);
  }
}

async function all(path) {
  const found = [];
  let next = "";
  do {
    const page = await rest("GET", `${path}?limit=100${next && `&cursor=${next}`}`);
    found.push(...page.items);
    next = page.next;
  } while (next);
  return found;
}
