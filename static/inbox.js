/** <inbox-app>: the inbox put together: the address decides which view and ticket are shown, the parts show them. */

import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import * as keyboard from "./keyboard.js";
import "./contact-card.js";
import { Inbox } from "./model.js";
import "./presence-switch.js";
import { Notifications } from "./notifications.js";
import { Palette } from "./palette.js";
import { rest } from "./rest.js";
import { Route, read } from "./route.js";
import "./ticket-list.js";
import "./ticket-view.js";
import "./toast-line.js";
import { askedForView } from "./view-dialog.js";
import "./view-list.js";
import { t } from "./words.js";

const NARROW = matchMedia("(max-width: 799px)");
// A tag or department may say something of people, and the title goes into the browser's history.
const placeOf = (view) => t(view.includes("-") ? "page.inbox" : `inbox.view.${view}`);

class InboxApp extends HTMLElement {
  #inbox = new Inbox();
  #route = new Route();
  #calls = new Notifications(this.#inbox);
  #online = false;
  #named = null;
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
  #palette = null;
  #find = h(
    "button",
    { class: "button find", type: "button", click: () => this.#palette.show() },
    icon("find"),
    h("span", {}, t("palette.title")),
    h("kbd", { "aria-hidden": "true" }, "/"),
  );
  #views = h("view-list");
  #many = h("a", { class: "many", href: "/admin/quarantine", hidden: true }, t("inbox.quarantine.many"));

  connectedCallback() {
    const inbox = this.#inbox;
    this.replaceChildren(
      h("h1", { class: "for-ears" }, t("page.inbox")),
      h("button", { class: "skip button", type: "button", click: () => this.#ticket.reach() }, t("inbox.skip")),
      this.#views,
      h("div", { class: "side" }, this.#find, this.#many, this.#list, this.#bar),
      this.#ticket,
      this.#contact,
      this.#toast,
    );
    this.#connectParts(inbox);
    inbox.addEventListener("called", ({ detail }) => this.#route.go("open", detail));
    this.#route.addEventListener("change", () => this.#show());
    inbox.views.addEventListener("change", () => this.#title());
    this.#calls.mentions.addEventListener("change", () => {
      this.#views.mentions = this.#calls.mentions.numbers;
      this.#title();
    });
    inbox.addEventListener("line", () => this.#drawLine());
    inbox.addEventListener("mentioned", ({ detail: { author, ticket } }) =>
      this.#toast.say(t("inbox.mentioned", { name: author.name, number: ticket })),
    );
    inbox.addEventListener("assigned", ({ detail: { ticket: number } }) =>
      this.#toast.say(t("inbox.call.assigned", { number })),
    );
    inbox.addEventListener("gone", ({ detail }) => detail.includes(this.#place.number) && this.#forget());
    inbox.addEventListener("moved", ({ detail }) => this.#follow(detail));
    keyboard.listen(this.#keys());
    this.#show();
    inbox.start();
    this.#named = inbox.loadAgents().catch(() => {});
  }

  #connectParts(inbox) {
    const say = (text, undo) => this.#toast.say(text, undo);
    const close = () => this.toggleAttribute("data-contact", false);
    this.#palette = new Palette(inbox, { go: (path) => this.#go(path), say });
    this.#list.inbox = inbox;
    this.#list.say = say;
    this.#views.inbox = inbox;
    this.#views.addEventListener("keep", ({ detail }) => this.#keep(detail));
    this.#list.addEventListener("edit", ({ detail }) => this.#edit(detail));
    this.#ticket.begin(inbox, {
      back: () => this.#back(),
      contact: () => this.toggleAttribute("data-contact"),
      say,
      solved: (number) => this.#goOn(number),
      take: () => this.#take(),
    });
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
      snooze: () => this.#ticket.press("snooze"),
      spam: () => this.#ticket.press("spam"),
      find: () => this.#palette.show(),
      pick: () => this.#list.pickFocused(),
      pickNext: () => this.#list.step(1, { pick: true }),
      pickPrevious: () => this.#list.step(-1, { pick: true }),
      help: () => keyboard.help(),
      back: (target) => (target.matches("textarea") ? target.blur() : this.#back()),
    };
  }

  // Where this page leads itself nothing is loaded anew.
  #go(path) {
    const { view, number, entry } = read(path);
    if (path.startsWith("/inbox/")) this.#route.go(view, number, { entry });
    else location.assign(path);
  }

  #back() {
    const { view, number } = this.#place;
    if (this.#list.unpick()) return undefined;
    if ("contact" in this.dataset) return this.toggleAttribute("data-contact", false);
    this.#route.go(view);
    return this.#list.focusRow(number);
  }

  #show() {
    const { view, number, entry } = this.#route.place;
    if (view === null) return this.#start();
    if (location.search) history.replaceState(null, "", location.pathname + location.hash);
    this.toggleAttribute("data-contact", false);
    this.toggleAttribute("data-ticket", number !== null);
    if (number !== this.#place.number) this.#leave(number);
    this.#inbox.earlier.seek(entry);
    this.#place = { view, number };
    this.#list.show(view, number);
    this.#many.hidden = view !== "quarantine";
    this.#views.show(view);
    if (this.#inbox.followed !== view) this.#inbox.follow(view);
    this.#title();
    return undefined;
  }

  // Seen first is who has waited longest for the one who looks, else what nobody has taken. On a phone the list is.
  async #start() {
    const first = (assignee) =>
      rest("GET", `/tickets?status=open&assignee=${assignee}&snoozed=false&held=false&limit=1`).then(
        ({ items }) => items[0],
      );
    const waiting = `me&order=waiting`;
    try {
      const mine = await first(waiting);
      const view = mine || (await first("me")) ? "mine" : (await first("none")) ? "unassigned" : "open";
      const opens = mine && !NARROW.matches ? mine.number : null;
      if (this.#route.place.view === null) this.#route.go(view, opens, { instead: true });
    } catch {
      this.#route.go("open", null, { instead: true });
    }
  }

  // Asked before a ticket leaves the list; goes to the next one when it has, and answers with the way back to it. A list
  // that was not read by then is waited for: whatever is in it comes after this one.
  #goOn(number) {
    const { view } = this.#place;
    const next = this.#inbox.tickets.knows(view) ? this.#list.after(number) : null;
    return async () => {
      if (next === null) await this.#named;
      const later = next === null && (await this.#list.read()) ? this.#list.after(number) : next;
      const here = this.#place.number === number && this.#place.view === view;
      if (here) this.#route.go(view, later, { instead: true });
      return () => this.#route.go(view, number);
    };
  }

  async #edit(id) {
    const view = this.#inbox.views.more.saved.find((each) => each.id === id);
    const wanted = view && (await askedForView(this.#inbox, view));
    if (wanted) await this.#keep(wanted, id);
  }

  async #keep(wanted, id = null) {
    try {
      if (wanted === "delete") {
        await this.#inbox.views.drop(id);
        return this.#route.go("open", null, { instead: true });
      }
      const kept = await this.#inbox.views.keep(wanted, id);
      if (id) return location.reload();
      return this.#route.go(`saved-${kept.id}`);
    } catch (problem) {
      return this.#toast.say(
        problem.status === 422 ? problem.message : t(problem.status ? "inbox.refused" : "inbox.unreachable"),
      );
    }
  }

  // Of two who take the same one, the second is given the next.
  async #take() {
    try {
      const path = "/tickets?status=open&assignee=none&snoozed=false&held=false&limit=10";
      const waiting = (await rest("GET", `${path}&order=waiting`)).items;
      for (const { number, updated_at } of waiting.length ? waiting : (await rest("GET", path)).items) {
        const asked = { tickets: [{ number, updated_at }], change: { assignee: "me" } };
        const { items } = await rest("POST", "/tickets/bulk", asked);
        if (items[0].outcome === "changed") {
          if (!NARROW.matches) this.#writeOnceOpen(number);
          return this.#route.go("mine", number);
        }
      }
    } catch (problem) {
      this.#toast.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
    return undefined;
  }

  // Who takes a ticket answers it: nobody has to go to the field first.
  #writeOnceOpen(number) {
    const shown = () => {
      const { open } = this.#inbox;
      if (!open && this.#route.place.number === number) return;
      this.#inbox.removeEventListener("ticket", shown);
      if (open?.number === number) this.#ticket.write("reply");
    };
    this.#inbox.addEventListener("ticket", shown);
  }

  // What was just done in a ticket is said there and not in the next one.
  #leave(number) {
    this.#toast.clear();
    this.#inbox.show(number);
  }

  // What was asked about the other ticket, or can be taken back there, has nothing to stand on any more.
  #follow({ number, into }) {
    if (this.#place.number !== number) return;
    this.#forget();
    this.#route.go(this.#place.view, into, { instead: true });
    this.#toast.say(t("inbox.merged", { number, into }));
  }

  // A question about who is gone, or a way to take back what was done to them, may not outlive them.
  #forget() {
    this.#toast.clear();
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  }

  // The count is the server's, over every view: whoever looks at what is solved sees it too. It is of what nobody has
  // read in what is nobody's or theirs, and of what names them.
  // The title goes into the browser's history: it names the view and the number, never a person.
  #title() {
    const { view, number } = this.#place;
    const { tickets, views } = this.#inbox;
    const { numbers } = this.#calls.mentions;
    const unread = (views.counts.unread ?? 0) + numbers.filter((each) => !tickets.get(each)?.unread).length;
    this.#calls.count(unread);
    if (!view) return;
    const place = number === null ? placeOf(view) : `#${number}`;
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
