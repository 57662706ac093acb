/** <contacts-app>: the contacts: a list that is searched, and beside it the one that the address names. */

import { askGone } from "./ask-gone.js";
import "./contact-list.js";
import "./contact-profile.js";
import { define, h } from "./common/dom.js";
import { AgentSocket } from "./socket.js";
import "./toast-line.js";
import { t } from "./words.js";

const PAGE = "/contacts";
const idOf = (path) => path.match(/^\/contacts\/([\w-]+)\/?$/)?.[1] ?? null;

class ContactsApp extends HTMLElement {
  #id = null;
  #wasOnline = false;
  #list = h("contact-list", { role: "region", "aria-label": t("page.contacts") });
  #profile = h("contact-profile", { role: "region", "aria-label": t("inbox.contact") });
  #toast = h("toast-line");
  #line = h("p", { class: "line", role: "status", hidden: true });
  // It tells what is gone, and presents nobody as being in the inbox.
  #socket = new AgentSocket(`${location.origin.replace(/^http/, "ws")}/ws/gone`);

  connectedCallback() {
    this.replaceChildren(
      h("h1", { class: "for-ears" }, t("page.contacts")),
      h("div", { class: "side" }, this.#list, this.#line),
      this.#profile,
      this.#toast,
    );
    const say = (text) => this.#toast.say(text);
    this.#profile.begin({
      say,
      back: () => this.#go(null),
      gone: ({ id }) => this.#forget(id),
      read: (contact) => this.#list.put(contact),
    });
    this.#list.begin();
    addEventListener("popstate", () => this.#show());
    document.addEventListener("click", (event) => this.#click(event));
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#socket.addEventListener("frame", ({ detail }) => this.#hear(detail));
    this.#socket.addEventListener("state", () => this.#drawLine());
    this.#show();
    this.#socket.connect();
  }

  #show() {
    const before = this.#id;
    this.#id = idOf(location.pathname);
    this.toggleAttribute("data-contact", this.#id !== null);
    this.#list.mark(this.#id);
    this.#profile.show(this.#id);
    if (before && !this.#id) this.#list.reach(before);
  }

  #go(id) {
    const path = id ? `${PAGE}/${id}` : PAGE;
    if (location.pathname === path) return;
    history.pushState(null, "", path);
    this.#show();
  }

  // Links stay links: a modified click still opens its own tab.
  #click(event) {
    const link = event.target.closest?.(`a[href^="${PAGE}/"]`);
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    this.#go(idOf(link.pathname));
    this.#profile.reach();
  }

  #key(event) {
    const { key, target, altKey, ctrlKey, metaKey, defaultPrevented } = event;
    if (altKey || ctrlKey || metaKey || defaultPrevented || target.closest?.("dialog")) return;
    const writes = target.closest?.("input, textarea, select");
    if (key === "/" && !writes) this.#list.find();
    else if (key === "Escape" && !writes && this.#id) this.#go(null);
    else return;
    event.preventDefault();
  }

  #hear(frame) {
    if (frame.type === "welcome") this.#welcomed();
    else if (frame.type === "erasure") this.#erased(frame);
    else if (frame.type === "contact") this.#changed(frame.contact);
    else if (frame.status === "gone") this.#doubt();
  }

  // Nobody here heard what went before it.
  #welcomed() {
    askGone(this.#socket, this.#list.ids.concat(this.#id ?? []), []);
    if (this.#wasOnline) this.#doubt();
    this.#wasOnline = true;
  }

  #erased(frame) {
    this.#list.drop(frame.contact);
    this.#profile.erased(frame);
  }

  #changed(id) {
    this.#list.refresh(id);
    if (id === this.#id) this.#profile.load();
  }

  // A ticket of somebody was deleted, or they are under a legal hold, and may be seen no more.
  #doubt() {
    this.#list.reload();
    this.#profile.load();
  }

  #forget(id) {
    this.#list.drop(id);
    if (id === this.#id) this.#go(null);
  }

  #drawLine() {
    const { state } = this.#socket;
    if (state === "unauthorized") location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
    const said = { waiting: "inbox.line.lost", forbidden: "inbox.line.refused" }[state];
    if (state === "connecting") return;
    this.#line.hidden = !said;
    const text = said ? t(said) : "";
    if (this.#line.textContent !== text) this.#line.textContent = text; // or it would be read aloud at every try
  }
}

define("contacts-app", ContactsApp);
