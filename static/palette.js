/**
 * The palette: one field that searches as one types, goes and does. A dialog with a combobox and its listbox, as the
 * WAI-ARIA Authoring Practices have it: the focus stays in the field, the arrows choose.
 */

import { h } from "./common/dom.js";
import { commands } from "./palette-commands.js";
import { entryOf, hit, viewOf } from "./palette-hits.js";
import { href } from "./route.js";
import { search } from "./search.js";
import { date } from "./time.js";
import { t } from "./words.js";

const WAITS = 200; // ms after the last key
const MOST = 8; // commands beside hits
const WHERE = {
  everywhere: {},
  mine: { assignee: "me" },
  open: { status: "open" },
  pending: { status: "pending" },
  solved: { status: "solved" },
  quarantine: { held: true },
  trash: { status: "trash" },
};
const DAYS = { any: 0, week: 7, month: 30, year: 365 };

/** The palette of an `inbox`; `around` has `go` (to an address), `say` (what was done) and `refused` (why it was not). */
export class Palette {
  #inbox;
  #around;
  #running = null;
  #waiting = 0;
  #chosen = -1;
  #options = [];
  #hits = [];
  #gone = new Set();
  #back = null;
  #input = h("input", {
    id: "palette-input",
    type: "text",
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "palette-list",
    "aria-autocomplete": "list",
    "aria-label": t("palette.title"),
    placeholder: t("palette.placeholder"),
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 200,
    input: () => this.#typed(),
    keydown: (event) => this.#key(event),
  });
  #where = this.#select("palette.where", Object.keys(WHERE), (name) =>
    t(name === "everywhere" ? "palette.where.everywhere" : `inbox.view.${name}`),
  );
  #when = this.#select("palette.when", Object.keys(DAYS), (name) => t(`palette.when.${name}`));
  #list = h("div", { id: "palette-list", class: "palette-list", role: "listbox", "aria-label": t("palette.title") });
  #said = h("p", { class: "palette-said is-quiet", role: "status" });
  #further = h(
    "button",
    { class: "button is-plain", type: "button", hidden: true, click: () => this.#ask(this.#back) },
    t("palette.further"),
  );
  #again = h(
    "button",
    { class: "button is-plain", type: "button", hidden: true, click: () => this.#ask() },
    t("common.try_again"),
  );
  #dialog = h(
    "dialog",
    { class: "dialog palette", "aria-label": t("palette.title"), close: () => this.#dialog.open || this.#closed() },
    h("div", { class: "palette-head" }, this.#input, this.#where, this.#when),
    this.#list,
    h("div", { class: "palette-foot" }, this.#said, this.#further, this.#again),
  );

  constructor(inbox, around) {
    this.#inbox = inbox;
    this.#around = around;
    inbox.addEventListener("gone", ({ detail }) => this.#forget(detail));
    // The list may know none of their tickets.
    inbox.socket.addEventListener("frame", ({ detail: frame }) => {
      if (frame.type === "erasure") this.#forget([frame.contact]);
    });
    // Without a line nobody heard who was erased.
    inbox.addEventListener("connected", () => this.#dialog.open && this.#hits.length && this.#typed(0));
    this.#dialog.addEventListener("click", ({ target }) => target === this.#dialog && this.#dialog.close());
    document.body.append(this.#dialog);
  }

  /** Opens it, empty: that it was closed may still be about to be heard. */
  show() {
    if (this.#dialog.open) return;
    this.#closed();
    this.#dialog.showModal();
    this.#typed();
    this.#input.focus();
  }

  #select(label, names, word) {
    const options = names.map((name) => h("option", { value: name }, word(name)));
    return h("select", { class: "select", "aria-label": t(label), change: () => this.#typed(0) }, options);
  }

  #typed(waits = WAITS) {
    clearTimeout(this.#waiting);
    this.#running?.abort();
    this.#hits = [];
    this.#back = null;
    this.#chosen = -1;
    this.#state("");
    this.#draw();
    if (this.#input.value.trim()) this.#waiting = setTimeout(() => this.#ask(), waits);
  }

  async #ask(until = null) {
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    this.#gone.clear(); // who was gone before it began is found no more
    this.#state(t("palette.searching"));
    const days = DAYS[this.#when.value];
    const what = { q: this.#input.value.trim(), ...WHERE[this.#where.value] };
    if (days) what.since = new Date(Date.now() - days * 86_400_000).toISOString();
    if (until) what.until = until;
    try {
      await search(what, (line) => this.#take(line), running.signal);
      this.#further.hidden = !this.#back;
    } catch (problem) {
      if (!running.signal.aborted) this.#failed(problem);
    }
  }

  #take(line) {
    if (line.found) {
      if (this.#isGone(line)) return; // it was on its way when they went
      const same = ({ ticket, found, seq }) => ticket === line.ticket && found === line.found && seq === line.seq;
      if (this.#hits.some(same)) return;
      this.#hits.push(line);
      this.#draw();
    } else if (line.searched_back_to) {
      this.#back = line.complete ? null : line.searched_back_to;
      this.#reached(line);
    }
  }

  #reached({ searched_back_to: at, complete }) {
    const count = this.#hits.length;
    const q = this.#input.value.trim();
    if (complete) this.#state(count ? t("palette.found", { count }) : t("palette.nothing", { q }));
    else this.#state(t("palette.back_to", { date: date(at) }));
  }

  #failed({ status, code, message }) {
    if (code === "invalid_field") this.#state(t("palette.short"));
    else this.#state(t(status ? "palette.failed" : "palette.offline", { why: message }), { again: true });
  }

  // The button is there once the search has stopped: while it runs it goes further back by itself.
  #state(text, { again = false } = {}) {
    if (this.#said.textContent !== text) this.#said.textContent = text;
    this.#again.hidden = !again;
    this.#further.hidden = true;
  }

  // Whoever is gone is gone from here too, at once, and from what is found from now on.
  #forget(gone) {
    for (const each of gone) this.#gone.add(each);
    const left = this.#hits.filter((each) => !this.#isGone(each));
    if (left.length === this.#hits.length) return;
    this.#hits = left;
    this.#state("");
    this.#draw();
  }

  #isGone({ ticket, contact }) {
    return this.#gone.has(ticket) || this.#gone.has(contact.id);
  }

  #draw() {
    const typed = this.#input.value.trim();
    const found = commands(typed, this.#inbox, (path) => this.#around.go(path));
    const done = typed ? found.slice(0, MOST) : found;
    const groups = [
      ["palette.commands", done.map(({ text, run }) => [text, run])],
      [
        "palette.hits",
        this.#hits.map((each) => [hit(each), this.#opens(href(viewOf(each), each.ticket, entryOf(each)))]),
      ],
    ];
    this.#clear();
    this.#list.replaceChildren(...groups.filter(([, lines]) => lines.length).map((group) => this.#group(group)));
    // What was typed chooses the first; what comes while it runs moves nothing that was chosen.
    this.#choose(Math.min(typed ? Math.max(0, this.#chosen) : this.#chosen, this.#options.length - 1));
  }

  // Made apart, so that what runs holds an address and no hit.
  #opens(path) {
    return () => this.#around.go(path);
  }

  #group([title, lines]) {
    const id = title.replace(".", "-");
    const options = lines.map(([content, run]) => {
      const number = this.#options.length;
      const option = h(
        "div",
        { id: `palette-${number}`, class: "palette-option", role: "option", click: () => this.#run(number) },
        content,
      );
      this.#options.push({ option, run });
      return option;
    });
    const heading = h("div", { id, class: "palette-group", role: "presentation" }, t(title));
    return h("div", { role: "group", "aria-labelledby": id }, heading, options);
  }

  #choose(number) {
    this.#chosen = number;
    for (const [place, { option }] of this.#options.entries())
      option.setAttribute("aria-selected", String(place === number));
    const { option } = this.#options[number] ?? {};
    if (option) this.#input.setAttribute("aria-activedescendant", option.id);
    else this.#input.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const count = this.#options.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.isComposing || !count) return;
    if (step) this.#choose(this.#chosen < 0 && step < 0 ? count - 1 : (this.#chosen + step + count) % count);
    else if (event.key === "Enter") this.#run(Math.max(0, this.#chosen));
    else return;
    event.preventDefault();
  }

  async #run(number) {
    const { run } = this.#options[number] ?? {};
    if (!run) return;
    this.#dialog.close();
    try {
      await run();
    } catch (problem) {
      this.#around.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
  }

  // Nothing of what was looked for or found stays in the page.
  #closed() {
    this.#running?.abort();
    clearTimeout(this.#waiting);
    this.#hits = [];
    this.#chosen = -1;
    this.#input.value = "";
    this.#clear();
    this.#state("");
  }

  // Emptied one by one: browsers keep elements that have left the page.
  #clear() {
    for (const { option } of this.#options) option.replaceChildren();
    this.#options = [];
    this.#list.replaceChildren();
  }
}
