/** Asks what a contact's name, address and answers are to be. What is refused is said beside its field. */

import { h } from "./common/dom.js";
import { Problem, tagged } from "./rest.js";
import { t } from "./words.js";

const MOST = 200;
const OWN = "own-";
/** Whoever reads this to somebody must not have it filled in from their own memory of names and addresses. */
const UNKEPT = { autocomplete: "off", maxlength: String(MOST) };

/** Shows the form about contact `id`, called `name`; resolves to whether it was corrected. Throws a Problem. */
export async function corrected(id, name) {
  const { data: contact, tag } = await tagged("GET", `/contacts/${id}`);
  const form = new Correction(contact, tag, name);
  return form.asked();
}

class Correction {
  #contact;
  #tag;
  #fields = new Map();
  #wrong = h("p", { class: "field-error", role: "alert" });
  #dialog;

  constructor(contact, tag, name) {
    this.#contact = contact;
    this.#tag = tag;
    const form = h(
      "form",
      { method: "dialog", novalidate: true },
      h("h2", { id: "correct-title" }, t("contact.correct.title", { name })),
      h("p", {}, t("contact.correct.lines")),
      this.#field("name", t("contact.name")),
      this.#field("email", t("contact.email"), { type: "email" }, t("contact.correct.email.hint")),
      this.#field("phone", t("contact.phone"), { inputmode: "tel" }),
      contact.fields.map(({ id, label }) => this.#field(OWN + id, label)),
      this.#wrong,
      h(
        "div",
        { class: "dialog-actions" },
        h("button", { class: "button", type: "button", click: () => this.#dialog.close("") }, t("common.cancel")),
        h("button", { class: "button is-primary", value: "yes" }, t("contact.correct.do")),
      ),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.#dialog = h("dialog", { class: "dialog", "aria-labelledby": "correct-title" }, form);
    this.#fill();
  }

  asked() {
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    return new Promise((resolve) => {
      this.#dialog.addEventListener("close", () => {
        this.#dialog.remove();
        resolve(this.#dialog.returnValue === "yes");
      });
    });
  }

  #field(key, label, kind = {}, hint = "") {
    const id = `correct-${key}`;
    const said = hint && h("p", { class: "field-hint", id: `${id}-hint` }, hint);
    const input = h("input", { id, type: "text", ...UNKEPT, ...kind, "aria-describedby": hint && `${id}-hint` });
    const error = h("p", { class: "field-error", id: `${id}-error` });
    this.#fields.set(key, { input, error });
    return h("div", { class: "field" }, h("label", { for: id }, h("bdi", {}, label)), said, input, error);
  }

  #fill() {
    const { fields, ...known } = this.#contact;
    for (const [key, { input }] of this.#fields)
      input.value = (key.startsWith(OWN) ? fields.find(({ id }) => OWN + id === key)?.value : known[key]) ?? "";
  }

  async #send() {
    this.#say();
    const value = (key) => this.#fields.get(key).input.value;
    const own = [...this.#fields.keys()].filter((key) => key.startsWith(OWN));
    const fields = Object.fromEntries(own.map((key) => [key.slice(OWN.length), value(key)]));
    const wanted = { name: value("name"), email: value("email"), phone: value("phone"), fields };
    try {
      await tagged("PATCH", `/contacts/${this.#contact.id}`, wanted, this.#tag);
      this.#dialog.close("yes");
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      await this.#refused(problem);
    }
  }

  async #refused(problem) {
    if (problem.code === "changed_meanwhile") {
      ({ data: this.#contact, tag: this.#tag } = await tagged("GET", `/contacts/${this.#contact.id}`));
      this.#fill();
      this.#say(t("contact.correct.changed"));
      return;
    }
    const key = this.#fields.has(problem.field) ? problem.field : OWN + problem.field;
    if (!this.#fields.has(key)) {
      this.#say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
      return;
    }
    const { input, error } = this.#fields.get(key);
    error.textContent = t(`contact.correct.error.${key.startsWith(OWN) ? "name" : key}`);
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", error.id);
    input.focus();
  }

  #say(text = "") {
    this.#wrong.textContent = text;
    for (const [key, { input, error }] of this.#fields) {
      error.textContent = "";
      input.removeAttribute("aria-invalid");
      if (key === "email") input.setAttribute("aria-describedby", "correct-email-hint");
      else input.removeAttribute("aria-describedby");
    }
  }
}
