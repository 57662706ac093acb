/**
 * <ticket-transcript>: what was said in the open ticket, kept at its end while the reader is there. It begins with the
 * last of it; what was said before comes above when the reader gets near, or asks for it.
 */

import { Kept, arrange } from "./arrange.js";
import { define, h } from "./common/dom.js";
import { Earlier } from "./earlier.js";
import { EarlierRow } from "./earlier-row.js";
import { icon } from "./icons.js";
import { rows } from "./transcript-rows.js";
import { named, t } from "./words.js";

const NEAR = 48;
const TYPING_LASTS = 6000;

class TicketTranscript extends HTMLElement {
  #inbox;
  #act;
  #shown = null;
  #kept = new Kept();
  #timer = 0;
  #mine = null;
  #sticks = true;
  #first = 1;
  #earlier = new EarlierRow(() => this.#inbox.earlier.ask());
  #list = h("ol", { class: "entries" });
  #scroll = h(
    "div",
    { class: "scroll", role: "log", tabindex: "0", "aria-label": t("inbox.transcript") },
    this.#earlier.row,
    this.#list,
  );
  #newer = h(
    "button",
    { class: "newer", type: "button", hidden: true, click: () => this.#toEnd() },
    icon("down"),
    t("inbox.new_messages"),
  );
  #typing = h("p", { class: "typing", "aria-live": "polite" });

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
    inbox.earlier = new Earlier(inbox);
    this.replaceChildren(this.#earlier.said, this.#scroll, this.#newer, this.#typing);
    this.#scroll.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // A picture whose size nobody knows pushes the end away when it comes.
    this.#scroll.addEventListener("load", () => this.#sticks && this.#toEnd(), { capture: true });
    new ResizeObserver(() => this.#sticks && this.#toEnd()).observe(this.#scroll);
    this.#list.addEventListener("click", ({ target }) => choose(target));
    addEventListener("focus", () => this.#scrolled());
    inbox.addEventListener("typing", ({ detail }) => this.#writes(detail));
  }

  /** What the buttons in the transcript do: {reveal(seq), release(), retry(id), discard(id)}. */
  set act(act) {
    this.#act = act;
  }

  /** Draws the open ticket as it is known now. */
  draw() {
    const { open, outbox } = this.#inbox;
    const other = open !== this.#shown;
    const mine = outbox.of(open.number).at(-1)?.id;
    const atEnd = other || this.#atEnd || (mine && mine !== this.#mine);
    this.#mine = mine ?? this.#mine;
    if (other) this.#forget(open);
    const grew = !other && open.first < this.#first;
    const before = this.#list.childElementCount;
    const below = this.#scroll.scrollHeight - this.#scroll.scrollTop;
    this.#first = open.first;
    this.#earlier.draw(open, this.#scroll);
    const { entries, read, number } = open;
    const visitor = named(open.summary?.contact);
    arrange(this.#list, this.#kept.nodes(rows({ entries, read, visitor, unacked: outbox.of(number), act: this.#act })));
    if (atEnd) this.#toEnd();
    // What the reader looks at stays where it is: only what is above has grown.
    else if (grew) this.#scroll.scrollTop = this.#scroll.scrollHeight - below;
    else if (this.#list.childElementCount > before) this.#newer.hidden = false;
    if (grew) this.#earlier.came(this.#list.childElementCount - before, this.#scroll);
    if (open.sought) this.#seek(open);
  }

  // An entry that is further back is read up to; one that is not there at all is looked for no longer.
  #seek(open) {
    const entry = this.#list.querySelector(`[data-entry="${open.sought}"]`);
    if (!entry && open.hasEarlier) return open.earlier || this.#inbox.earlier.ask();
    open.sought = null;
    if (!entry) return undefined;
    entry.setAttribute("tabindex", "-1");
    entry.classList.add("is-sought");
    entry.focus({ preventScroll: true });
    return entry.scrollIntoView({ block: "center" });
  }

  /** Keeps nothing of what it showed. */
  clear() {
    if (!this.#shown) return;
    this.#forget(null);
    this.#list.replaceChildren();
  }

  #forget(open) {
    this.#shown = open;
    this.#kept = new Kept();
    this.#newer.hidden = true;
    this.#earlier.clear();
    clearTimeout(this.#timer);
    this.#typing.replaceChildren();
  }

  get #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroll;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #toEnd() {
    this.#scroll.scrollTop = this.#scroll.scrollHeight;
    this.#scrolled();
  }

  #scrolled() {
    this.#sticks = this.#atEnd;
    const { open, earlier } = this.#inbox;
    // A screen ahead of the reader, but not once more by itself where it could not be had.
    if (open === this.#shown && !open?.earlier && this.#scroll.scrollTop < this.#scroll.clientHeight) earlier?.ask();
    if (!this.#atEnd || !this.#inbox.open?.loaded) return;
    this.#newer.hidden = true;
    if (document.hasFocus()) this.#inbox.markRead();
  }

  #writes({ ticket, author, on }) {
    if (ticket !== this.#inbox.open?.number) return;
    clearTimeout(this.#timer);
    const dots = h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i"));
    const who = author.kind === "visitor" ? named(this.#shown.summary?.contact) : named(author);
    this.#typing.replaceChildren(...(on ? [dots, h("bdi", {}, t("inbox.typing", { name: who }))] : []));
    if (on) this.#timer = setTimeout(() => this.#typing.replaceChildren(), TYPING_LASTS);
  }
}

// What may be done to a message is shown where it was touched; CSS does so only where nobody can hover.
function choose(target) {
  const chosen = target.closest(".bubble") && !target.closest("a, button") && target.closest(".entry");
  for (const each of document.querySelectorAll(".entry.is-chosen"))
    if (each !== chosen) each.classList.remove("is-chosen");
  if (chosen) chosen.classList.toggle("is-chosen");
}

define("ticket-transcript", TicketTranscript);
