/** <contact-card>: who is at the other end of the open ticket, what they agreed to, and how to forget them. */

import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { exportSection } from "./contact-export.js";
import { define, h } from "./common/dom.js";
import { askedToHold } from "./hold-dialog.js";
import { icon } from "./icons.js";
import { rest } from "./rest.js";
import { href } from "./route.js";
import { brief, date, hover } from "./time.js";
import { named, t } from "./words.js";

class ContactCard extends HTMLElement {
  #inbox;
  #around;
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
    inbox.addEventListener("ticket", () => this.#follow());
    inbox.addEventListener("connected", () => this.#load());
    inbox.tickets.addEventListener("change", () => this.#follow());
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
    else if (this.#contact) this.querySelector(".others").replaceWith(this.#tickets(this.#contact.tickets));
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
      if (id === this.#id) this.#show(contact);
    } catch (problem) {
      if (id === this.#id && !this.#contact) this.replaceChildren(this.#bar(), this.#failure(problem));
    }
  }

  // Where nothing else changed, nothing else is drawn: an export that is being made goes on.
  #show(contact) {
    const others = (one) => JSON.stringify({ ...one, tickets: null });
    const before = this.#contact;
    this.#contact = contact;
    if (before && others(before) === others(contact))
      return this.querySelector(".others").replaceWith(this.#tickets(contact.tickets));
    return this.#draw(contact);
  }

  #draw(contact) {
    const erase = h(
      "button",
      { class: "button is-danger-plain", type: "button", click: () => this.#erase() },
      t("contact.erase"),
    );
    const parts = [
      this.#bar(),
      who(contact),
      consents(contact.consents),
      this.#tickets(contact.tickets),
      exportSection(contact.id, (text) => this.#around.say(text)),
      boot.agent.permissions.includes("hold.change") && this.#holding(),
      h("section", {}, h("h3", {}, t("contact.forget")), h("p", { class: "is-quiet" }, t("contact.forget.how")), erase),
    ];
    this.replaceChildren(...parts.filter(Boolean));
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

  #tickets(tickets) {
    const others = tickets.filter(({ number }) => number !== this.#inbox.open?.number);
    const line = ({ number, status, updated_at: at }) =>
      h(
        "li",
        {},
        h("a", { href: href(status === "trash" ? "open" : status, number) }, `#${number}`),
        h("span", {}, t(`inbox.status.${status}`)),
        h("time", { datetime: at, title: hover(at) }, brief(at)),
      );
    return h(
      "section",
      { class: "others" },
      h("h3", {}, t("contact.tickets")),
      others.length
        ? h("ul", { class: "contact-tickets" }, others.map(line))
        : h("p", { class: "is-quiet" }, t("contact.tickets.none")),
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
    const sure = await confirmed({
      title: t("contact.erase.title", { name }),
      lines: [what, t("contact.erase.lines")],
      action: t("contact.erase.action"),
    });
    if (!sure) return;
    try {
      const { erasure_id: number } = await rest("DELETE", `/contacts/${id}`);
      tickets.forEach((ticket) => this.#inbox.tickets.drop(ticket.number));
      this.#around.erased();
      this.#around.say(t("contact.erased", { number: number.slice(-8) }));
    } catch (problem) {
      this.#around.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
  }
}

function who(contact) {
  const pair = (key, value, quiet) => [
    h("dt", {}, t(key)),
    h("dd", { class: quiet ? "is-quiet" : null }, h("bdi", {}, value)),
  ];
  return h(
    "section",
    {},
    h(
      "dl",
      { class: "facts" },
      pair("contact.name", contact.name ?? t("contact.not_given"), !contact.name),
      pair("contact.email", contact.email ?? t("contact.not_given"), !contact.email),
      contact.phone && pair("contact.phone", contact.phone),
      contact.fields.map(({ label, value }) => [h("dt", {}, h("bdi", {}, label)), h("dd", {}, h("bdi", {}, value))]),
      pair("contact.site", contact.site.name),
      pair("contact.language", t(`language.${contact.locale}`)),
      pair("contact.since", date(contact.created_at)),
    ),
  );
}

function consents(all) {
  const answer = ([purpose, agreed]) =>
    h(
      "li",
      { class: agreed ? "is-yes" : "is-no" },
      t("contact.consent.answer", { purpose: t(`purpose.${purpose}`), answer: t(agreed ? "common.yes" : "common.no") }),
    );
  const one = ({ action, version, purposes, at }) =>
    h(
      "li",
      {},
      h(
        "p",
        { class: "consent-head" },
        h("strong", {}, t(`contact.consent.${action}`)),
        " ",
        h("time", { datetime: at, title: hover(at) }, date(at)),
        ", ",
        t("contact.consent.notice", { version }),
      ),
      action !== "withdrawn" && h("ul", {}, Object.entries(purposes).map(answer)),
    );
  return h("section", {}, h("h3", {}, t("contact.consents")), h("ol", { class: "consents" }, all.map(one)));
}

const skeleton = () =>
  h("section", { class: "skeleton", "aria-busy": "true" }, h("span"), h("span"), h("span"), h("span"));

define("contact-card", ContactCard);
