/** <ticket-fields>: what the open ticket says in the fields of the account; each is saved as it is changed. */

import { arrange } from "./arrange.js";
import { boot } from "./boot.js";
import { define, h } from "./common/dom.js";
import { FieldRow } from "./field-row.js";
import { rest } from "./rest.js";
import { t } from "./words.js";

class TicketFields extends HTMLElement {
  #inbox;
  #say;
  #known = [];
  #rows = new Map();
  #list = h("div", { class: "ticket-fields" });

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {(text: string, undo?: () => void) => void} say says what was done
   */
  begin(inbox, say) {
    this.#inbox = inbox;
    this.#say = say;
    this.replaceChildren(h("h3", {}, t("fields.title")), this.#list);
    inbox.addEventListener("ticket", () => this.#draw());
    inbox.addEventListener("connected", () => this.#load());
    this.#draw();
  }

  async #load() {
    if (boot.agent.permissions.includes("ticket_field.read"))
      this.#known = await rest("GET", "/ticket-fields").then(
        ({ fields }) => fields,
        () => this.#known,
      );
    this.#draw();
  }

  // A row stays as long as its ticket and field do: who types in it is not disturbed by what changes meanwhile.
  #draw() {
    const { number, fields: values = {} } = this.#inbox.open?.summary ?? {};
    const may = boot.agent.permissions.includes("ticket.change");
    const shown = number ? this.#known.filter(({ key, retired }) => key in values || (may && !retired)) : [];
    const before = this.#rows;
    this.#rows = new Map();
    for (const field of shown) {
      const as = JSON.stringify([number, field]);
      const row = before.get(as) ?? new FieldRow(field, may && ((value, was) => this.#put(number, field, value, was)));
      this.#rows.set(as, row);
      row.show(values[field.key]);
    }
    for (const [as, row] of before) if (!this.#rows.has(as)) row.clear();
    arrange(
      this.#list,
      [...this.#rows.values()].map(({ node }) => node),
    );
    this.hidden = !shown.length;
  }

  async #put(number, field, value, before = null) {
    const { key, label } = field;
    const change = (to) => this.#inbox.change(number, { fields: { [key]: to } });
    try {
      await change(value);
    } catch (problem) {
      if (problem.status && (await this.#isOther(field))) return this.#say(t("fields.changed"));
      throw problem;
    }
    return this.#say(t("fields.saved", { label }), () => change(before).catch(() => this.#say(t("inbox.refused"))));
  }

  /** Whether a field is not any more as the page knew it. */
  async #isOther(field) {
    await this.#load();
    const now = this.#known.find(({ key }) => key === field.key);
    return JSON.stringify(now) !== JSON.stringify(field);
  }
}

define("ticket-fields", TicketFields);
