/** One field of a ticket: its label, what stands there, and what is wrong with it. */

import { h } from "./common/dom.js";
import { icon } from "./icons.js";
import { t } from "./words.js";

const LONGEST = 200;
const YEAR = 4;
const MILLENNIUM = 1000;

/** What each kind of field is written in: how it is made, reads as a value (null for none) and shows one. */
const KINDS = {
  text: {
    make: () => h("input", { class: "input", type: "text", maxlength: LONGEST, autocomplete: "off", dir: "auto" }),
    read: (control) => control.value.trim() || null,
    fits: (value) => typeof value === "string",
  },
  number: {
    make: () => h("input", { class: "input", type: "number", step: "any", autocomplete: "off" }),
    read: (control) => (control.value === "" ? null : Number(control.value)),
    fits: (value) => typeof value === "number",
  },
  date: {
    make: () => h("input", { class: "input", type: "date", max: "9999-12-31" }),
    read: (control) => control.value || null,
    fits: (value) => /^\d{4}-\d\d-\d\d$/.test(value),
  },
  choice: {
    make: ({ options }) =>
      h(
        "select",
        { class: "select" },
        ["", ...options].map((each) => h("option", { value: each }, each || t("fields.none"))),
      ),
    read: (control) => control.value || null,
    fits: (value, { options }) => options.includes(value),
  },
  checkbox: {
    make: () => h("input", { type: "checkbox" }),
    read: (control) => control.checked,
    fits: (value) => typeof value === "boolean",
  },
};

let made = 0;

export class FieldRow {
  #field;
  #kind;
  #put;
  #control = null;
  #value;
  #typed = false;
  #turn = 0;
  #saving = Promise.resolve();
  #note;
  #error;

  /** `put` saves a value in the place of another, throws a Problem, and is false where the field can only be read. */
  constructor(field, put) {
    const id = `ticket-field-${(made += 1)}`;
    this.#field = field;
    this.#kind = KINDS[field.kind];
    this.#put = put;
    this.#error = h("p", { class: "field-error", id: `${id}-error`, role: "alert", hidden: true });
    this.#note = h("p", { class: "field-hint", id: `${id}-note`, hidden: true });
    const label = h("bdi", {}, field.label);
    if (put && !field.retired) {
      this.#control = this.#made(id);
      const of = h("label", { for: id, class: field.kind === "checkbox" ? "check" : null });
      of.append(...(field.kind === "checkbox" ? [this.#control, label] : [label]));
      this.node = h("div", { class: "field" }, of, field.kind === "checkbox" ? null : this.#control);
    } else {
      const retired = field.retired && h("span", { class: "is-quiet" }, ` (${t("fields.retired")})`);
      this.node = h("div", { class: "field" }, h("span", { class: "field-name" }, label, retired));
    }
    this.node.append(this.#note, this.#error);
  }

  /** Shows what the ticket says, undefined for nothing; what is being typed stays. */
  show(value) {
    const stands = JSON.stringify(value);
    if (this.#value === stands) return;
    this.#value = stands;
    if (!this.#control) return this.#read(value);
    if (!this.#typed) this.#write(value);
  }

  /** Keeps nothing of what it showed: browsers keep elements that have left the page. */
  clear() {
    this.#value = undefined;
    this.#note.replaceChildren();
    if (this.#control) Object.assign(this.#control, { value: "", checked: false });
  }

  #made(id) {
    const control = this.#kind.make(this.#field);
    control.id = id;
    control.setAttribute("aria-describedby", `${this.#note.id} ${this.#error.id}`);
    control.addEventListener("input", () => {
      this.#typed = true;
      this.#turn += 1;
    });
    control.addEventListener("change", () => this.#changed());
    control.addEventListener("blur", () => this.#typed && this.#save());
    control.addEventListener("keydown", (event) => event.key === "Enter" && this.#typed && this.#save());
    return control;
  }

  #read(value) {
    const put = this.#put;
    const text = said(value);
    const label = t("fields.clear", { label: this.#field.label });
    const away = () => this.#try(() => put(null, value));
    this.#note.hidden = false;
    this.#note.className = "chip";
    this.#note.replaceChildren(
      h("bdi", {}, text),
      ...(put
        ? [h("button", { class: "button is-icon", type: "button", "aria-label": label, click: away }, icon("close"))]
        : []),
    );
  }

  // What fits no more is said as it was, and stands in no control, so that it is replaced by choice alone.
  #write(value) {
    const { kind } = this.#field;
    const fits = value !== undefined && this.#kind.fits(value, this.#field);
    const unfit = value !== undefined && !fits;
    if (kind === "checkbox") this.#control.checked = fits && value;
    else this.#control.value = fits ? value : "";
    this.#note.hidden = !unfit;
    this.#note.textContent = unfit ? t("fields.was", { value: said(value) }) : "";
    this.#refuse("");
  }

  // By keyboard a date goes through years that nobody means: 0002, 0020, 0202.
  #changed() {
    this.#typed = true;
    const early = this.#field.kind === "date" && Number(this.#control.value.slice(0, YEAR)) < MILLENNIUM;
    if (!early) this.#save();
  }

  // One after the other, and each as it stands when its turn comes: what came of an earlier one overwrites nothing.
  #save() {
    this.#saving = this.#saving.then(() => this.#try(() => this.#saveNow()));
  }

  async #saveNow() {
    if (this.#control.validity.badInput) return this.#refuse(this.#field.kind);
    const turn = this.#turn;
    const value = this.#kind.read(this.#control);
    if (JSON.stringify(value ?? undefined) !== this.#value) await this.#put(value, this.#stands());
    if (turn !== this.#turn) return;
    this.#typed = false;
    this.#write(this.#stands());
  }

  #stands() {
    return this.#value === undefined ? undefined : JSON.parse(this.#value);
  }

  async #try(work) {
    try {
      await work();
    } catch ({ status, field }) {
      const mine = field === `fields.${this.#field.key}` ? this.#field.kind : "other";
      this.#refuse(status ? mine : "unreachable");
    }
  }

  #refuse(why) {
    const says = { "": "", unreachable: t("inbox.unreachable"), other: t("fields.refused") };
    says.checkbox = says.other;
    this.#error.textContent = says[why] ?? t(`fields.refused.${why}`);
    this.#error.hidden = !why;
    this.#control?.toggleAttribute("aria-invalid", false);
    if (why) this.#control?.setAttribute("aria-invalid", "true");
  }
}

function said(value) {
  return typeof value === "boolean" ? t(value ? "common.yes" : "common.no") : String(value);
}
