/**
 * `<consent-notice>`: the notice and its boxes, none of them ticked. Fires `agree` (`detail`: `{notice_version,
 * notice_sha256, consent, fields, department}`).
 */

import { define, h } from "/static/common/dom.js";

/** An input, or a choice of `options`, and beside it the place where what it lacks is said. */
function part(id, attributes, missing, words, options) {
  const wrong = h("p", { class: "wrong", id: `${id}-wrong` });
  const given = { id, "aria-describedby": wrong.id, ...attributes, input: () => say("") };
  const input = h(options ? "select" : "input", given, options);
  function say(text) {
    wrong.textContent = text;
    input.ariaInvalid = String(text !== "");
    return text;
  }
  const { validity } = input;
  const lacks = () => !validity.valid && words.say(validity.typeMismatch ? "email_invalid" : missing);
  return { input, wrong, say, check: () => say(lacks() || "") };
}

export class ConsentNotice extends HTMLElement {
  #words;
  #version;
  #sha256;
  #missing;
  #fields = new Map();
  #boxes = new Map();
  #notice = h("div", { class: "notice" });
  #needed = h("div", {});
  #choices = h("div", {});
  #department;
  #message = h("p", { class: "message", role: "alert" });
  #start;
  #customer;

  /** `renewal`: asked again in a running chat, so without fields. */
  constructor(words, config, renewal = false) {
    super();
    this.#words = words;
    this.#missing = renewal ? "renew_missing" : "tick_missing";
    this.#start = h("button", { class: "primary wide" }, words.say(renewal ? "renew" : "start"));
    const { alternative } = config.site;
    const other = alternative ? h("p", { class: "other" }, words.say("rather_not", { alternative })) : "";
    this.#customer = h("p", { class: "other", hidden: true }, words.say("as_customer"));
    // Whatever else scrolls, the box and the button stay in sight together.
    const foot = h("footer", {}, this.#needed, this.#message, this.#start);
    const fields = h("div", { class: "fields" }, ...(renewal ? [] : config.fields).map((field) => this.#field(field)));
    if (!renewal && config.departments.length) fields.append(this.#choice(config.departments));
    const form = h(
      "form",
      { novalidate: true, submit: (event) => this.#submit(event) },
      this.#notice,
      fields,
      this.#choices,
      other,
      this.#customer,
      foot,
    );
    const title = words.say(renewal ? "renew_title" : "chat_with", config.account);
    this.append(h("h1", { tabindex: "-1" }, title), form);
    this.ask(config);
  }

  /** Another notice needs another yes; what is in the fields stays. */
  ask({ notice, purposes }) {
    this.#version = notice.version;
    this.#sha256 = notice.sha256;
    this.#notice.replaceChildren(...this.#tell(notice));
    this.#boxes.clear();
    const boxes = (wanted) =>
      purposes.filter(({ required }) => required === wanted).map((purpose) => this.#box(purpose));
    this.#needed.replaceChildren(...boxes(true));
    this.#choices.replaceChildren();
    const optional = boxes(false);
    if (optional.length)
      this.#choices.append(h("fieldset", {}, h("legend", {}, this.#words.say("only_if_you_like")), ...optional));
  }

  say(text, field) {
    this.#start.ariaDisabled = null;
    const about = this.#fields.get(field);
    if (about) about.say(text);
    else this.#message.textContent = text;
    about?.input.focus();
  }

  /** The shop says who is signed in, and that goes along with the yes. */
  set signedIn(yes) {
    this.#customer.hidden = !yes;
  }

  focus() {
    this.querySelector("h1").focus();
  }

  #tell({ text, privacy_url: href }) {
    const words = this.#words;
    const short = words.summary(text);
    const rest = text.slice(short.length).trim();
    const parts = [h("p", { dir: "auto" }, short)];
    if (rest) parts.push(h("details", {}, h("summary", {}, words.say("read_whole")), h("p", { dir: "auto" }, rest)));
    const links = h("p", { class: "links" });
    const link = (to, label) =>
      links.append(h("a", { href: to, target: "_blank", rel: "noopener noreferrer" }, words.say(label)));
    if (/^https?:/i.test(href)) link(href, "privacy");
    link(`/privacy/${document.documentElement.dataset.site}`, "your_data");
    return [...parts, links];
  }

  #field({ id, label, required }) {
    const type = { email: id, phone: "tel" }[id] ?? "text";
    // Or the browser would remember what was filled in, where no erasure reaches.
    const field = part(
      id,
      { type, autocomplete: "off", dir: "auto", maxlength: 200, required },
      "field_missing",
      this.#words,
    );
    this.#fields.set(id, field);
    return this.#labelled(label, required, field);
  }

  /** Where the chat goes: nothing is chosen before, and it is said with the first message. */
  #choice(departments) {
    const words = this.#words;
    const options = [{ id: "", name: words.say("any_department") }, ...departments].map(({ id, name }) =>
      h("option", { value: id }, name),
    );
    this.#department = part("department", { autocomplete: "off" }, "field_missing", words, options);
    return this.#labelled(words.say("department"), false, this.#department);
  }

  #labelled(label, required, { input, wrong }) {
    const optional = required ? "" : h("span", { class: "optional" }, ` ${this.#words.say("optional")}`);
    return h("div", { class: "field" }, h("label", { for: input.id }, label, optional), input, wrong);
  }

  #box({ id, required, label }) {
    const box = part(`purpose-${id}`, { type: "checkbox", required }, this.#missing, this.#words);
    this.#boxes.set(id, box);
    return h("div", { class: "box" }, h("label", {}, box.input, h("span", { dir: "auto" }, label)), box.wrong);
  }

  #submit(event) {
    event.preventDefault();
    this.#message.textContent = "";
    const lacking = [...this.#fields.values(), ...this.#boxes.values()].filter((some) => some.check());
    if (lacking.length) lacking[0].input.focus();
    else if (this.#start.ariaDisabled !== "true") this.#agree();
  }

  #agree() {
    this.#start.ariaDisabled = "true"; // `disabled` would take the keyboard away
    const values = (parts, value) => Object.fromEntries([...parts].map(([id, { input }]) => [id, value(input)]));
    const consent = values(this.#boxes, (input) => input.checked);
    const fields = values(
      [...this.#fields].filter(([, { input }]) => input.value.trim()),
      (input) => input.value.trim(),
    );
    const department = this.#department?.input.value;
    const detail = { notice_version: this.#version, notice_sha256: this.#sha256, consent, fields, department };
    this.dispatchEvent(new CustomEvent("agree", { detail }));
  }
}

define("consent-notice", ConsentNotice);
