/** <contact-card>: who is at the other end of the open ticket, what they agreed to, and how to forget them. */

import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { exportSection } from "./contact-export.js";
import { blockingSection, consents, others, who } from "./contact-facts.js";
import { define, h } from "./common/dom.js";
import { askedToHold } from "./hold-dialog.js";
import { icon } from "./icons.js";
import { rest } from "./rest.js";
import { date } from "./time.js";
import { named, t } from "./words.js";

class ContactCard extends HTMLElement {
  #inbox;
  #around;
  #tags = h("ticket-tags");
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
    } catch (problem) {
      if (id === this.#id && !this.#contact) this.replaceChildren(this.#bar(), this.#failure(problem));
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
    const parts = [
      this.#bar(),
      who(contact, { say: (text) => this.#around.say(text), corrected: () => this.#corrected() }),
      h("section", {}, this.#tags),
      consents(contact.consents, contact.bounced),
      others(contact.tickets, this.#inbox.open),
      exportSection(contact.id, (text) => this.#around.say(text)),
      boot.agent.permissions.includes("contact.block") &&
        blockingSection(contact, { say: (text) => this.#around.say(text), changed: () => this.#load() }),
      boot.agent.permissions.includes("hold.change") && this.#holding(),
      boot.agent.permissions.includes("erasure.ask") && this.#erasing(contact.erasure_ask),
    ];
    this.replaceChildren(...parts.filter(Boolean));
  }

  // Who may only ask has nothing to press while it waits.
  #erasing(asked) {
    const waits = asked?.state === "waiting";
    const said = asked && {
      date: date(waits ? asked.asked_at : asked.refused_at),
      until: date(asked.answer_by),
      reason: asked.reason ?? "",
    };
    const erase = h(
      "button",
      { class: "button is-danger-plain", type: "button", click: () => this.#erase() },
      t("contact.erase"),
    );
    return h(
      "section",
      {},
      h("h3", {}, t("contact.forget")),
      asked
        ? h("p", { class: "erasure-asked" }, t(waits ? "contact.ask.waiting" : "contact.ask.refused", said))
        : h("p", { class: "is-quiet" }, t("contact.forget.how")),
      (!waits || erases()) && erase,
    );
  }

  async #corrected() {
    await this.#load();
    this.querySelector(".correct")?.focus();
  }

  #holding() {
    const hold = h("button", { class: "button", type: "button", click: () => this.#hold() }, t("hold.button"));
    return h("section", {}, h("h3", {}, t("hold.heading")), h("p", { class: "is-quiet" }, t("hold.how")), hold);
  }

  async #hold() {
    const { id, tickets } = this.#contact;
    const asked = await askedToHold(named(this.#contact, "contact.this_visitor"));
    if (!asked) return;
    try {
      await rest("PUT", `/contacts/${id}/hold`, asked);
      tickets.forEach((ticket) => this.#inbox.tickets.drop(ticket.number));
      this.#around.erased();
      this.#around.say(t("hold.done"));
    } catch (problem) {
      this.#around.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
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

  #failure() {
    return h(
      "div",
      { class: "state", role: "alert" },
      h("p", {}, t("contact.failed")),
      h("button", { class: "button", type: "button", click: () => this.#load() }, t("common.try_again")),
    );
  }

  async #erase() {
    const { id, tickets } = this.#contact;
    const name = named(this.#contact, "contact.this_visitor");
    const messages = tickets.reduce((sum, ticket) => sum + ticket.last_seq + (ticket.last_note ?? 0), 0);
    const what = `${t("contact.n_tickets", { count: tickets.length })}, ${t("contact.n_messages", { count: messages })}.`;
    const title = t(erases() ? "contact.erase.title" : "contact.ask.title", { name });
    const line = t(erases() ? "contact.erase.lines" : "contact.ask.lines");
    const action = t(erases() ? "contact.erase.action" : "contact.ask.action");
    if (!(await confirmed({ title, lines: [what, line], action }))) return;
    try {
      const { erasure_id: number, waits } = await rest("DELETE", `/contacts/${id}`);
      if (waits) {
        this.#around.say(t("contact.asked", { number: number.slice(-8) }));
        await this.#load();
        return;
      }
      tickets.forEach((ticket) => this.#inbox.tickets.drop(ticket.number));
      this.#around.erased();
      this.#around.say(t("contact.erased", { number: number.slice(-8) }));
    } catch (problem) {
      this.#around.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
  }
}

const erases = () => boot.agent.permissions.includes("erasure.confirm");

const skeleton = () =>
  h("section", { class: "skeleton", "aria-busy": "true" }, h("span"), h("span"), h("span"), h("span"));

define("contact-card", ContactCard);
