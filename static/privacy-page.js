/**
 * <privacy-page>: asks for an address, opens a mailed link when its reader says so, shows what is held and does what
 * they choose.
 */

import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { define, download, h } from "./common/dom.js";
import { Erasures } from "./erasure-progress.js";
import { date, span } from "./time.js";
import { t } from "./words.js";

const { name } = boot.account;
const EVERY = 2000;
const PATIENCE = 300;

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
    const field = h("input", {
      id: "email",
      type: "email",
      autocomplete: "off",
      required: true,
      maxlength: "254",
      dir: "auto",
    });
    const submit = (event) => {
      event.preventDefault();
      this.#tried(async () => {
        await this.#post("/links", { email: field.value.trim() });
        this.#asked(field.value.trim());
      });
    };
    this.#show(
      t(why ? "rights.stale" : "rights.ask"),
      why && h("p", {}, why),
      h("p", {}, t("rights.ask.how")),
      h(
        "form",
        { class: "rights-form", novalidate: true, submit },
        h("div", { class: "field" }, h("label", { for: "email" }, t("rights.email")), field),
        h("button", { class: "button is-primary" }, t("rights.ask.do")),
      ),
    );
  }

  #asked(email) {
    this.#show(
      t("rights.asked"),
      h("p", {}, t("rights.asked.what", { name, email: `\u2068${email}\u2069` })),
      h("p", { class: "is-quiet" }, t("rights.asked.else")),
      h("p", {}, h("button", { class: "button", type: "button", click: () => this.#ask() }, t("rights.asked.again"))),
    );
  }

  // Not by itself: programs that look into mail follow every link, and would use it up.
  #arrived(link) {
    const open = () =>
      this.#tried(async () => {
        const { token, held, transcript } = await this.#post("/opened", { link });
        this.#token = token;
        this.#held(held, transcript);
      });
    this.#show(
      t("rights.arrived"),
      h("p", {}, t("rights.arrived.how")),
      h("p", {}, h("button", { class: "button is-primary", type: "button", click: open }, t("rights.arrived.do"))),
    );
  }

  #held(held, transcript) {
    const counts = ["chats", "messages", "files", "receipts"].map((each) =>
      h("div", {}, h("dt", {}, t(`rights.held.${each}`, { count: held[each] })), h("dd", {}, String(held[each]))),
    );
    const grace = held.grace_days;
    const act = (atOnce, key) => () => this.#sure(held, atOnce, key);
    this.#show(
      t("rights.held"),
      transcript && h("p", { role: "status" }, t("rights.transcript")),
      h("p", {}, t("rights.held.since", { name, date: date(held.since), count: held.contacts })),
      h("dl", { class: "rights-counts" }, counts),
      held.contact_ids.length > 0 && choice("rights.export", "", () => this.#export(held.contact_ids)),
      grace > 0 && choice("rights.withdraw", "", act(false, "rights.withdraw"), { count: grace }),
      choice("rights.erase", "is-danger", act(true, "rights.erase")),
    );
  }

  async #sure({ chats, messages, files, grace_days: grace }, atOnce, key) {
    const what = [
      ["chats", chats],
      ["messages", messages],
      ["files", files],
    ]
      .map(([each, count]) => t(`rights.n_${each}`, { count }))
      .join(", ");
    const sure = await confirmed({
      title: t(`${key}.title`, { name }),
      lines: [`${what}.`, t(`${key}.lines`, atOnce ? {} : { count: grace })],
      action: t(`${key}.do`),
    });
    if (!sure) return;
    await this.#tried(async () => {
      const { erasure_ids: numbers } = await this.#post("/erasures", { at_once: atOnce });
      const done = new Erasures(boot.base, numbers, t);
      this.#show(
        t("rights.done"),
        h("p", {}, atOnce ? t("rights.done.erase", { name }) : t("rights.done.withdraw", { name, count: grace })),
        done.list,
      );
      done.follow();
    });
  }

  // One archive for each visitor with this address: where it is large it is only promised, and asked for until it is
  // there.
  async #export(contacts) {
    await this.#tried(async () => {
      for (const [place, contact] of contacts.entries()) {
        let answer = await this.#answer(`/export/${contact}?format=zip`);
        if (answer.status === 202) answer = await this.#made(`/export/${contact}/${(await answer.json()).id}`);
        if (answer.status !== 200) throw new Refusal();
        download(await answer.blob(), `my-data-${place + 1}.zip`);
      }
      this.#say("");
    });
  }

  /** The last answer to asking for what is being made, again and again. */
  async #made(path) {
    let answer = {};
    for (let tries = 0; tries < PATIENCE && answer.status !== 200; tries += 1) {
      this.#say(t("rights.export.making"));
      await new Promise((resolve) => {
        setTimeout(resolve, EVERY);
      });
      answer = await this.#answer(path).catch(waiting);
    }
    return answer;
  }

  async #tried(work) {
    this.#say("");
    try {
      await work();
    } catch (problem) {
      this.#refused(problem);
    }
  }

  #refused({ code, wait }) {
    if (code === "unauthorized") this.#ask(t("rights.stale.how"));
    else if (code === "rate_limited") this.#say(t("rights.wait", { time: span(wait) }));
    else this.#say(t(code === "invalid_field" ? "rights.email.wrong" : "rights.failed"));
  }

  #post(path, body) {
    return this.#answer(path, { method: "POST", body: JSON.stringify(body) }).then((answer) => answer.json());
  }

  async #answer(path, options = {}) {
    const headers = { Accept: "application/json", "Content-Type": "application/json" };
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    const answer = await fetch(boot.base + path, { cache: "no-store", ...options, headers }).catch(() => null);
    if (!answer?.ok) throw new Refusal((await answer?.json().catch(() => null)) ?? {});
    return answer;
  }
}

/** Not there yet is no failure. */
function waiting(problem) {
  if (problem.code !== "not_found") throw problem;
  return { status: 404 };
}

function choice(key, look, click, values = {}) {
  return h(
    "div",
    { class: "rights-choice" },
    h("p", {}, t(`${key}.how`, values)),
    h("button", { class: `button ${look}`, type: "button", click }, t(`${key}.button`)),
  );
}

define("privacy-page", PrivacyPage);
