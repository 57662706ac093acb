/** <contact-profile>: all of one contact: who it is, what was agreed with the receipts, the tickets, what can be done. */

import { arrange } from "./arrange.js";
import { consents, others, who } from "./contact-facts.js";
import { contactActions, failure, skeleton } from "./contact-sections.js";
import { define, h } from "./common/dom.js";
import { erasedLines } from "./erased.js";
import { icon } from "./icons.js";
import { rest } from "./rest.js";
import { named, t } from "./words.js";

class ContactProfile extends HTMLElement {
  #around;
  #id = null;
  #known = "";
  #erasure = null;
  #title = h("h2", { class: "profile-title", tabindex: "-1" });
  #bar = h(
    "div",
    { class: "contact-bar" },
    h(
      "button",
      {
        class: "button is-icon only-narrow",
        type: "button",
        "aria-label": t("contacts.back"),
        title: t("contacts.back"),
        click: () => this.#around.back(),
      },
      icon("back"),
    ),
    this.#title,
  );

  /** `around`: `say` shows a line, `back` leads to the list, `gone` and `read` hear of a contact that was. */
  begin(around) {
    this.#around = around;
  }

  /** Shows the contact `id`, or that nobody was chosen. */
  show(id) {
    if (id && id === this.#id) return;
    this.#id = id;
    this.#known = "";
    this.#erasure = null;
    this.#title.replaceChildren();
    arrange(this, id ? [this.#bar, h("div", { class: "profile-sections" }, skeleton())] : [nobody()]);
    this.load();
  }

  /** Puts the cursor at the name: it stays there while the rest is read. */
  reach() {
    this.#title.focus();
  }

  /** Reads the contact anew. Where nothing changed nothing is drawn: an export that is being made goes on. */
  async load() {
    const id = this.#id;
    if (!id || this.#erasure) return;
    try {
      const contact = await rest("GET", `/contacts/${id}`);
      if (id !== this.#id || this.#erasure) return;
      const known = JSON.stringify(contact);
      if (known === this.#known) return;
      this.#known = known;
      this.#draw(contact);
      this.#around.read(contact);
    } catch ({ status }) {
      if (id !== this.#id || this.#erasure) return;
      if (status === 404) this.#missing();
      else if (!this.#known) this.#put(failure(() => this.load()));
    }
  }

  /** Says in the contact's place that it is being erased, or was. */
  erased(frame) {
    if (frame.contact !== this.#id) return;
    this.#erasure = frame;
    this.#known = "";
    this.#put(h("div", { class: "state is-whole", role: "status" }, icon("trash"), erasedLines(frame)));
  }

  #draw(contact) {
    const { say, gone } = this.#around;
    const changed = () => this.load();
    this.#title.replaceChildren(h("bdi", {}, named(contact)));
    const sections = [
      who(contact, { say, corrected: () => this.#corrected() }),
      others(contact.tickets, null),
      consents(contact.consents, contact.bounced, contact.id),
      ...contactActions(contact, { say, changed, gone }),
    ];
    arrange(this, [this.#bar, h("div", { class: "profile-sections" }, sections)]);
  }

  async #corrected() {
    await this.load();
    this.querySelector(".correct")?.focus();
  }

  #missing() {
    this.#known = "";
    this.#put(
      h(
        "div",
        { class: "state is-whole", role: "alert" },
        h("p", { class: "state-title" }, t("contacts.missing")),
        h("p", {}, t("contacts.missing.how")),
      ),
    );
  }

  // Nothing of whoever was shown stays, the name neither; a question about them may not outlive them.
  #put(instead) {
    this.#title.replaceChildren();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
    arrange(this, [this.#bar, instead]);
  }
}

const nobody = () =>
  h(
    "div",
    { class: "state is-whole" },
    icon("person"),
    h("p", { class: "state-title" }, t("contacts.choose")),
    h("p", {}, t("contacts.choose.how")),
  );

define("contact-profile", ContactProfile);
