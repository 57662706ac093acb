/** <contact-card>: who is at the other end of the open ticket, what they agreed to, and how to forget them. */

import { consents, others, who } from "./contact-facts.js";
import { contactActions, failure, skeleton } from "./contact-sections.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { rest } from "./rest.js";
import { t } from "./words.js";

class ContactCard extends HTMLElement {
  #inbox;
  #around;
  #tags = h("ticket-tags");
  #fields = h("ticket-fields");
  #id = null;
  #number = null;
  #known = "";
  #contact = null;

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {{close: () => void, erased: () => void, say: (text: string) => void}} around
   */
  begin(inbox, around) {
    this.#inbox = inbox;
    this.#around = around;
    this.#tags.begin(inbox, around.say);
    this.#fields.begin(inbox, around.say);
    inbox.addEventListener("ticket", () => this.#follow());
    inbox.addEventListener("connected", () => this.#load());
    inbox.tickets.addEventListener("change", () => this.#follow());
    inbox.addEventListener("contact", ({ detail }) => detail.contact === this.#contact?.id && this.#load());
  }

  // The contact is known once the ticket is; another one is drawn anew, and read again when something of theirs
  // changed.
  #follow() {
    const { open, tickets } = this.#inbox;
    const id = (open?.summary ?? tickets.get(open?.number))?.contact?.id ?? null;
    const theirs = id && JSON.stringify(tickets.of(id).map(({ number, status }) => [number, status]));
    const same = id === this.#id;
    if (same && open?.number === this.#number && theirs === this.#known) return;
    this.#id = id;
    this.#number = open?.number ?? null;
    this.#known = theirs;
    if (!same) this.#turn();
    else if (this.#contact) this.querySelector(".others").replaceWith(others(this.#contact.tickets, this.#inbox.open));
    this.#load();
  }

  #turn() {
    this.#contact = null;
    this.replaceChildren(...(this.#id ? [this.#bar(), skeleton()] : []));
  }

  async #load() {
    const id = this.#id;
    if (!id) return;
    try {
      const contact = await rest("GET", `/contacts/${id}`);
      if (id === this.#id) this.#show((this.#inbox.contact = contact));
    } catch {
      if (id === this.#id && !this.#contact)
        this.replaceChildren(
          this.#bar(),
          failure(() => this.#load()),
        );
    }
  }

  // Where nothing else changed, nothing else is drawn: an export that is being made goes on.
  #show(contact) {
    const all = (one) => JSON.stringify({ ...one, tickets: null });
    const before = this.#contact;
    this.#contact = contact;
    if (before && all(before) === all(contact))
      return this.querySelector(".others").replaceWith(others(contact.tickets, this.#inbox.open));
    return this.#draw(contact);
  }

  #draw(contact) {
    const say = (text) => this.#around.say(text);
    const around = { say, changed: () => this.#load(), gone: (gone) => this.#gone(gone) };
    this.replaceChildren(
      this.#bar(),
      who(contact, { say, corrected: () => this.#corrected() }),
      h("section", {}, this.#tags),
      h("section", {}, this.#fields),
      consents(contact.consents, contact.bounced),
      others(contact.tickets, this.#inbox.open),
      ...contactActions(contact, around),
    );
  }

  #gone({ tickets }) {
    tickets.forEach((ticket) => this.#inbox.tickets.drop(ticket.number));
    this.#around.erased();
  }

  async #corrected() {
    await this.#load();
    this.querySelector(".correct")?.focus();
  }

  #bar() {
    return h(
      "div",
      { class: "contact-bar" },
      h("h2", {}, t("inbox.contact")),
      h(
        "button",
        {
          class: "button is-icon only-folded",
          type: "button",
          "aria-label": t("common.close"),
          click: () => this.#around.close(),
        },
        icon("close"),
      ),
    );
  }
}

define("contact-card", ContactCard);
