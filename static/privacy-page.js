// <privacy-page>: asks for an address, opens a mailed link when its reader says so, shows what is held and does what they choose.
import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { define, h } from "./dom.js";
import { Erasures } from "./erasure-progress.js";
import { date } from "./time.js";
import { t } from "./words.js";

const { name } = boot.account;

/** A refusal, with the server's `code` and, where it says, how long to wait. */
class Refusal extends Error {
  constructor({ code = "unreachable", retry_after: wait = 60 } = {}) {
    super(code);
    Object.assign(this, { code, wait });
  }
}

class PrivacyPage extends HTMLElement {
  #token = "";
  #message = h("p", { class: "alert", role: "alert", hidden: true });

  // The secret leaves the address at once: not in the history, not in a copy of the link.
  connectedCallback() {
    const link = location.hash.slice(1);
    if (link) history.replaceState(null, "", location.pathname + location.search);
    if (link) this.#arrived(link);
    else this.#ask();
  }

  #show(title, ...children) {
    const card = h("section", { class: "card", tabindex: "-1" }, h("h2", {}, title), children, this.#message);
    this.#say("");
    const first = !this.querySelector("section");
    this.replaceChildren(card);
    if (!first) card.focus();
  }

  #say(text) {
    this.#message.hidden = !text;
    this.#message.textContent = text;
  }

  #ask(why = "") {
    const field = h("input", { id: "email", type: "email", autocomplete: "email", required: true, maxlength: "254", dir: "auto" });
    const submit = (event) => {
      event.preventDefault();
      this.#tried(async () => {
        await this.#post("/links", { email: field.value.trim() });
        this.#asked(field.value.trim());
      });
    };
    this.#show(t(why ? "rights.stale" : "rights.ask"), why && h("p", {}, why), h("p", {}, t("rights.ask.how")),
      h("form", { class: "rights-form", novalidate: true, on: { submit } },
        h("div", { class: "field" }, h("label", { for: "email" }, t("rights.email")), field),
        h("button", { class: "button is-primary" }, t("rights.ask.do"))));
  }

  #asked(email) {
    this.#show(t("rights.asked"), h("p", {}, t("rights.asked.what", { name, email: `\u2068${email}\u2069` })), h("p", { class: "is-quiet" }, t("rights.asked.else")),
      h("p", {}, h("button", { class: "button", type: "button", on: { click: () => this.#ask() } }, t("rights.asked.again"))));
  }

  // Not by itself: programs that look into mail follow every link, and would use it up.
  #arrived(link) {
    const open = () => this.#tried(async () => {
      const { token, held } = await this.#post("/opened", { link });
      this.#token = token;
      this.#held(held);
    });
    this.#show(t("rights.arrived"), h("p", {}, t("rights.arrived.how")),
      h("p", {}, h("button", { class: "button is-primary", type: "button", on: { click: open } }, t("rights.arrived.do"))));
  }

  #held(held) {
    const counts = ["chats", "messages", "files", "receipts"].map((each) => h("div", {}, h("dt", {}, t(`rights.held.${each}`, { count: held[each] })), h("dd", {}, String(held[each]))));
    const grace = held.grace_days;
    const act = (atOnce, key) => () => this.#sure(held, atOnce, key);
    this.#show(t("rights.held"), h("p", {}, t("rights.held.since", { name, date: date(held.since), count: held.contacts })),
      h("dl", { class: "rights-counts" }, counts),
      choice("rights.export", "", () => this.#export()),
      grace > 0 && choice("rights.withdraw", "", act(false, "rights.withdraw"), { count: grace }),
      choice("rights.erase", "is-danger", act(true, "rights.erase")));
  }

  async #sure({ chats, messages, files, grace_days: grace }, atOnce, key) {
    const what = [["chats", chats], ["messages", messages], ["files", files]].map(([each, count]) => t(`rights.n_${each}`, { count })).join(", ");
    const sure = await confirmed({
      title: t(`${key}.title`, { name }),
      lines: [`${what}.`, t(`${key}.lines`, atOnce ? {} : { count: grace })],
      action: t(`${key}.do`),
    });
    if (!sure) return;
    await this.#tried(async () => {
      const { erasure_ids: numbers } = await this.#post("/erasures", { at_once: atOnce });
      const done = new Erasures(boot.base, numbers, t);
      this.#show(t("rights.done"), h("p", {}, atOnce ? t("rights.done.erase", { name }) : t("rights.done.withdraw", { name, count: grace })), done.list);
      done.follow();
    });
  }

  async #export() {
    await this.#tried(async () => {
      const href = URL.createObjectURL(new Blob([JSON.stringify(await this.#send("/export"), null, 2)], { type: "application/json" }));
      h("a", { href, download: "my-data.json" }).click();
      setTimeout(() => URL.revokeObjectURL(href), 1000);
    });
  }

  async #tried(deed) {
    this.#say("");
    try {
      await deed();
    } catch (problem) {
      this.#refused(problem);
    }
  }

  #refused({ code, wait }) {
    if (code === "unauthorized") this.#ask(t("rights.stale.how"));
    else if (code === "rate_limited") this.#say(t("rights.wait", { count: Math.ceil(wait / 60) }));
    else this.#say(t(code === "invalid_field" ? "rights.email.wrong" : "rights.failed"));
  }

  #post(path, body) {
    return this.#send(path, { method: "POST", body: JSON.stringify(body) });
  }

  async #send(path, options = {}) {
    const headers = { Accept: "application/json", "Content-Type": "application/json" };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const answer = await fetch(boot.base + path, { cache: "no-store", ...options, headers }).catch(() => null);
    const data = await answer?.json().catch(() => null);
    if (!answer?.ok) throw new Refusal(data ?? {});
    return data;
  }
}

function choice(key, look, click, values = {}) {
  return h("div", { class: "rights-choice" }, h("p", {}, t(`${key}.how`, values)),
    h("button", { class: `button ${look}`, type: "button", on: { click } }, t(`${key}.button`)));
}

define("privacy-page", PrivacyPage);
