/** <inbox-app>: the inbox put together: the address decides which view and ticket are shown, the parts show them. */

import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import * as keyboard from "./keyboard.js";
import "./contact-card.js";
import { Inbox } from "./model.js";
import "./presence-switch.js";
import { Route, VIEWS, href } from "./route.js";
import "./ticket-list.js";
import "./ticket-view.js";
import "./toast-line.js";
import { t } from "./words.js";

class InboxApp extends HTMLElement {
  #inbox = new Inbox();
  #route = new Route();
  #online = false;
  #place = { view: "", number: null };
  #list = h("ticket-list", { role: "region", "aria-label": t("inbox.tickets") });
  #ticket = h("ticket-view", { role: "region", "aria-label": t("inbox.ticket") });
  #contact = h("contact-card", { role: "region", "aria-label": t("inbox.contact") });
  #toast = h("toast-line");
  #line = h("span", { role: "status" });
  #now = h(
    "button",
    { class: "link-button", type: "button", hidden: true, click: () => this.#inbox.socket.hurry() },
    t("inbox.line.now"),
  );
  #bar = h("p", { class: "line", hidden: true }, this.#line, " ", this.#now);
  #views = VIEWS.map((view) => h("a", { href: href(view), "data-view": view }, icon(view), t(`inbox.view.${view}`)));
  #many = h("a", { class: "many", href: "/admin/quarantine", hidden: true }, t("inbox.quarantine.many"));

  connectedCallback() {
    const inbox = this.#inbox;
    this.replaceChildren(
      h("h1", { class: "for-ears" }, t("page.inbox")),
      h("button", { class: "skip button", type: "button", click: () => this.#ticket.reach() }, t("inbox.skip")),
      h(
        "div",
        { class: "side" },
        h("nav", { class: "views", "aria-label": t("inbox.views") }, this.#views),
        this.#many,
        this.#list,
        this.#bar,
      ),
      this.#ticket,
      this.#contact,
      this.#toast,
    );
    this.#connectParts(inbox);
    this.#route.addEventListener("change", () => this.#show());
    inbox.tickets.addEventListener("change", () => this.#title());
    inbox.addEventListener("line", () => this.#drawLine());
    inbox.addEventListener("gone", ({ detail }) => detail.includes(this.#place.number) && this.#forget());
    keyboard.listen(this.#keys());
    this.#show();
    inbox.start();
    inbox.loadAgents().catch(() => {});
  }

  #connectParts(inbox) {
    const say = (text, undo) => this.#toast.say(text, undo);
    const close = () => this.toggleAttribute("data-contact", false);
    this.#list.inbox = inbox;
    this.#ticket.begin(inbox, { back: () => this.#back(), contact: () => this.toggleAttribute("data-contact"), say });
    this.#contact.begin(inbox, { close, erased: () => this.#back(), say });
    for (const part of document.querySelectorAll("presence-switch")) part.inbox = inbox;
    document.querySelector("[data-help]")?.addEventListener("click", () => keyboard.help());
  }

  #keys() {
    return {
      next: () => this.#list.step(1),
      previous: () => this.#list.step(-1),
      reply: () => this.#ticket.write("reply"),
      note: () => this.#ticket.write("note"),
      solve: () => this.#ticket.press("solve"),
      assign: () => this.#ticket.press("assign"),
      spam: () => this.#ticket.press("spam"),
      help: () => keyboard.help(),
      back: (target) => (target.matches("textarea") ? target.blur() : this.#back()),
    };
  }

  #back() {
    const { view, number } = this.#place;
    if ("contact" in this.dataset) return this.toggleAttribute("data-contact", false);
    this.#route.go(view);
    return this.#list.focusRow(number);
  }

  #show() {
    const { view, number } = this.#route.place;
    if (location.search) history.replaceState(null, "", location.pathname);
    this.toggleAttribute("data-contact", false);
    this.toggleAttribute("data-ticket", number !== null);
    if (number !== this.#place.number) this.#leave(number);
    this.#place = { view, number };
    this.#list.show(view, number);
    this.#many.hidden = view !== "quarantine";
    for (const link of this.#views) link.setAttribute("aria-current", link.dataset.view === view ? "page" : "false");
    this.#title();
  }

  // What was just done in a ticket is said there and not in the next one.
  #leave(number) {
    this.#toast.clear();
    this.#inbox.show(number);
  }

  // A question about who is gone, or a way to take back what was done to them, may not outlive them.
  #forget() {
    this.#toast.clear();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  }

  // The title goes into the browser's history: it names the view and the number, never a person.
  #title() {
    const { view, number } = this.#place;
    const unread = this.#inbox.tickets.in(view).filter((summary) => summary.unread).length;
    const place = number === null ? t(`inbox.view.${view}`) : `#${number}`;
    document.title = `${unread ? `(${unread}) ` : ""}${place} · Lethe`;
  }

  #drawLine() {
    const { state } = this.#inbox.socket;
    const said = { waiting: "inbox.line.lost", elsewhere: "inbox.line.elsewhere", forbidden: "inbox.line.refused" }[
      state
    ];
    if (state === "unauthorized" && this.#online) this.#inbox.drafts.clear(); // signed out, and not only too late
    this.#online = state === "online";
    if (state === "unauthorized") location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
    else if (state !== "connecting") {
      const text = said ? t(said) : "";
      this.#bar.hidden = !said;
      if (this.#line.textContent !== text) this.#line.textContent = text; // or it would be read aloud at every try
      this.#now.hidden = state !== "waiting";
    }
  }
}

define("inbox-app", InboxApp);
