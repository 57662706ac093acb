/** <contact-list>: the contacts, the newest first, found by what they gave, by a tag of their tickets, or by site. */

import { initials } from "./agent-face.js";
import { arrange } from "./arrange.js";
import { boot } from "./boot.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { rest } from "./rest.js";
import { brief, hover } from "./time.js";
import { named, t } from "./words.js";

const WAITS = 250; // ms after the last key
const PAGE = 50;
const MOST = 200;

class ContactList extends HTMLElement {
  #contacts = new Map();
  #rows = new Map();
  #gone = new Set();
  #open = null;
  #next = null;
  #state = "loading";
  #turn = 0;
  #waiting = 0;
  #input = h("input", {
    type: "search",
    "aria-label": t("contacts.search"),
    placeholder: t("contacts.search"),
    autocomplete: "off",
    spellcheck: "false",
    maxlength: "200",
    input: () => this.#typed(),
  });
  #tag = this.#select("contacts.tag");
  #site = this.#select("contacts.site");
  #said = h("p", { class: "for-ears", role: "status" });
  #list = h("ul", { class: "rows" });
  #end = h("div", { class: "list-end" });

  /** Draws itself and reads the first page. */
  begin() {
    const filters = h("div", { class: "contact-filters" }, this.#tag, this.#site);
    this.replaceChildren(
      h("div", { class: "contact-find" }, this.#input, filters),
      h("div", { class: "list-scroll" }, this.#list, this.#end),
      this.#said,
    );
    this.#offer(this.#site, boot.sites.length > 1 ? boot.sites.map(({ id, name }) => ({ value: id, name })) : []);
    this.#offer(this.#tag, []);
    if (boot.agent.permissions.includes("tag.read")) this.#loadTags();
    this.#load();
  }

  /** Who is in the list, by id. */
  get ids() {
    return [...this.#contacts.keys()];
  }

  /** Marks the one that is open, or none. */
  mark(id) {
    this.#open = id;
    for (const [one, place] of this.#rows) mark(place, one === id);
  }

  /** Puts the cursor where one searches. */
  find() {
    this.#input.focus();
    this.#input.select();
  }

  /** Puts the cursor on somebody's line, or where one searches. */
  reach(id) {
    (this.#rows.get(id)?.firstChild ?? this.#input).focus();
  }

  /** Takes in what is known of one who is in the list. */
  put(contact) {
    if (!this.#contacts.has(contact.id)) return;
    this.#contacts.set(contact.id, contact);
    this.#remove(contact.id);
    this.#draw();
  }

  /** Forgets somebody, also where an answer that is on its way names them. */
  drop(id) {
    this.#gone.add(id);
    this.#contacts.delete(id);
    this.#remove(id);
    this.#draw();
  }

  /** Reads anew somebody who is in the list. */
  async refresh(id) {
    if (!this.#contacts.has(id)) return;
    try {
      this.put(await rest("GET", `/contacts/${id}`));
    } catch ({ status }) {
      if (status === 404) this.drop(id);
    }
  }

  /** Reads anew what is shown, without a word: somebody may be seen no more. */
  reload() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#load({ quietly: true }), WAITS);
  }

  #typed() {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => this.#load(), WAITS);
  }

  #select(label) {
    return h("select", { class: "select", "aria-label": t(label), change: () => this.#load() });
  }

  #offer(select, choices) {
    const any = { value: "", name: t(select === this.#tag ? "contacts.tag.any" : "contacts.site.any") };
    select.replaceChildren(...[any, ...choices].map(({ value, name }) => h("option", { value }, name)));
    select.hidden = !choices.length;
  }

  async #loadTags() {
    try {
      const { items } = await rest("GET", "/tags");
      this.#offer(
        this.#tag,
        items.map(({ name }) => ({ value: name, name })),
      );
    } catch {
      // Without them one finds by what they gave.
    }
  }

  get #wanted() {
    return { q: this.#input.value.trim(), tag: this.#tag.value, site: this.#site.value };
  }

  get #isAll() {
    return !Object.values(this.#wanted).some(Boolean);
  }

  async #load({ more = false, quietly = false } = {}) {
    this.#turn += 1;
    const turn = this.#turn;
    const before = this.#contacts.size;
    if (!more && !quietly) this.#clear();
    this.#state = quietly ? this.#state : "loading";
    this.#draw();
    try {
      const limit = quietly ? Math.min(MOST, Math.max(PAGE, before)) : PAGE;
      const found = await this.#read(more ? this.#next : "", limit, turn);
      if (turn !== this.#turn) return;
      if (!more) this.#clear();
      for (const each of found.filter(({ id }) => !this.#gone.has(id))) this.#contacts.set(each.id, each);
      this.#state = "done";
    } catch ({ status, code }) {
      if (turn !== this.#turn) return;
      this.#state = code === "invalid_field" ? "short" : status ? "failed" : "offline";
      if (code === "invalid_field") this.#clear();
    }
    this.#draw();
    this.#say();
  }

  // A page may be empty and still have a next one: the search goes on until somebody is found.
  async #read(cursor, limit, turn) {
    let at = cursor ?? "";
    for (;;) {
      const { items, next } = await rest("POST", "/contacts/search", { ...this.#wanted, limit, cursor: at });
      if (turn !== this.#turn) return [];
      this.#next = next;
      if (items.length || !next) return items;
      at = next;
    }
  }

  #clear() {
    this.#contacts.clear();
    for (const id of [...this.#rows.keys()]) this.#remove(id);
  }

  // Emptied too: browsers keep elements that have left the page.
  #remove(id) {
    this.#rows.get(id)?.firstChild.replaceChildren();
    this.#rows.delete(id);
  }

  #draw() {
    const focused = this.contains(document.activeElement) && document.activeElement.dataset.contact;
    for (const each of this.#contacts.values())
      if (!this.#rows.has(each.id)) this.#rows.set(each.id, row(each, each.id === this.#open));
    arrange(
      this.#list,
      [...this.#contacts.keys()].map((id) => this.#rows.get(id)),
    );
    this.#end.replaceChildren(...this.#ending());
    if (focused) this.#rows.get(focused)?.firstChild.focus();
  }

  #ending() {
    const again = (key) => h("button", { class: "button", type: "button", click: () => this.#load() }, t(key));
    if (this.#state === "loading") return this.#contacts.size ? [skeleton(1)] : [skeleton(8)];
    if (this.#state === "short") return [state(t("palette.short"))];
    if (this.#state === "failed" || this.#state === "offline") {
      const said = this.#state === "offline" ? "inbox.unreachable" : "contacts.failed";
      return [h("div", { class: "state", role: "alert" }, h("p", {}, t(said)), again("common.try_again"))];
    }
    if (!this.#contacts.size) {
      const key = this.#isAll ? "contacts.empty" : "contacts.nothing";
      return [state(t(key), t(`${key}.how`))];
    }
    const more = () => this.#load({ more: true });
    return this.#next
      ? [h("button", { class: "button is-plain", type: "button", click: more }, t("contacts.more"))]
      : [];
  }

  #say() {
    const count = this.#contacts.size;
    this.#said.textContent = this.#state === "done" && !this.#isAll ? t("contacts.found", { count }) : "";
  }
}

function row(contact, open) {
  const { id, name, email, phone, created_at: at, verified } = contact;
  const face = h("span", { class: "row-face", "aria-hidden": "true" }, name ? initials(name) : icon("person"));
  const reached = [email, phone].filter(Boolean).join(" · ");
  const link = h(
    "a",
    { class: "row", href: `/contacts/${id}`, "data-contact": id },
    face,
    h(
      "span",
      { class: "row-top" },
      h("bdi", { class: "row-name" }, named(contact)),
      h("time", { datetime: at, title: hover(at) }, brief(at)),
    ),
    h(
      "span",
      { class: "row-bottom" },
      h("bdi", { class: `row-text${reached ? "" : " is-quiet"}` }, reached || t("contacts.no_address")),
      verified && h("span", { class: "row-tag" }, t("contact.customer")),
    ),
  );
  const made = h("li", { class: "row-place" }, link);
  mark(made, open);
  return made;
}

const mark = (place, open) =>
  open ? place.firstChild.setAttribute("aria-current", "page") : place.firstChild.removeAttribute("aria-current");

const state = (title, how = "") =>
  h("div", { class: "state" }, h("p", { class: "state-title" }, title), how && h("p", {}, how));

const skeleton = (count) =>
  h(
    "ul",
    { class: "rows", "aria-busy": "true" },
    Array.from({ length: count }, () => h("li", { class: "row skeleton" }, h("span"), h("span"), h("span"))),
  );

define("contact-list", ContactList);
