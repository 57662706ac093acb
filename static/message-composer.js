/** <message-composer>: writes a reply or a note, and never leaves a doubt about which. Drafts stay in this tab. */

import { LONGEST_TEXT, lengthOf } from "./common/writing.js";
import { define, h } from "./common/dom.js";
import "./emoji-picker.js";
import { FileTray } from "./file-tray.js";
import { icon } from "./icons.js";
import { Mentions, namedIn } from "./mentions.js";
import { ReplyFiles } from "./reply-files.js";
import { SavedReplies } from "./saved-replies.js";
import { unfilled } from "./variables.js";
import { t } from "./words.js";

const TYPING_EVERY = 3000;
const TYPING_ENDS = 5000;

class MessageComposer extends HTMLElement {
  #inbox;
  #ticket = null;
  #mode = "reply";
  #sentAt = 0;
  #timer = 0;
  #replies;
  #mentions;
  #left = new Set();
  #text = h("textarea", { autocomplete: "off", rows: "1", dir: "auto", "aria-describedby": "composer-hint" });
  #files = new FileTray();
  #brought = new ReplyFiles(this.#files, (why) => this.#say(why));
  #missing = "";
  #pick = h("input", {
    type: "file",
    multiple: true,
    hidden: true,
    change: () => this.#attach(this.#pick.files),
  });
  #attaching = h(
    "button",
    {
      class: "button is-icon",
      type: "button",
      "aria-label": t("inbox.attach"),
      title: t("inbox.attach"),
      click: () => this.#pick.click(),
    },
    icon("attach"),
  );
  #emoji = h("emoji-picker");
  #signs = h(
    "button",
    {
      class: "button is-icon",
      type: "button",
      "aria-label": t("inbox.emoji"),
      title: t("inbox.emoji"),
      "aria-expanded": "false",
      click: () => this.#emoji.toggle(this.#signs, (sign) => this.#insert(sign)),
    },
    icon("smile"),
  );
  #hint = h("p", { class: "hint", id: "composer-hint" });
  #solve = h("button", { class: "button", type: "submit", value: "solve", title: "Ctrl+Enter" }, t("inbox.send.solve"));
  #send = h("button", { class: "button is-primary", type: "submit" });
  #form = h(
    "form",
    { class: "composer" },
    this.#switch(),
    this.#text,
    this.#files,
    h("div", { class: "composer-foot" }, this.#pick, this.#attaching, this.#signs, this.#hint, this.#solve, this.#send),
    this.#emoji,
  );

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
    this.#replies = new SavedReplies(inbox, this.#text, (missing, reply) => {
      this.#filled(missing);
      if (this.#mode === "reply") this.#brought.bring(reply);
    });
    this.#mentions = new Mentions(inbox, this.#text, () => this.#filled([]));
    this.#text.before(...this.#replies.nodes, ...this.#mentions.nodes);
    this.replaceChildren(this.#form);
    this.#form.addEventListener("submit", (event) => this.#submit(event));
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("paste", ({ clipboardData }) => this.#attach(clipboardData.files));
    // Wherever a file is dropped, or the browser would leave the inbox to show it.
    for (const name of ["dragover", "drop"])
      document.addEventListener(name, (event) => {
        event.preventDefault();
        this.#attach(event.dataTransfer.files);
      });
    inbox.addEventListener("gone", ({ detail }) => this.#forget(detail));
    for (const event of ["line", "ticket"]) inbox.addEventListener(event, () => this.#draw());
    this.write("reply", { focus: false });
  }

  /** Turns to the ticket `number`, bringing out what was being written there. */
  show(number) {
    if (number === this.#ticket) return;
    this.#stopTyping();
    this.#replies.hide();
    this.#mentions.hide();
    this.#emoji.close();
    this.#ticket = number;
    this.#drop();
    this.write("reply", { focus: false });
  }

  /** Switches to `mode`, "reply" or "note", each with a draft of its own. */
  write(mode, { focus = true } = {}) {
    if (mode === "note") this.#stopTyping();
    this.#mode = mode;
    this.#text.value = this.#inbox.drafts.get(this.#ticket, mode);
    for (const input of this.#form.elements.mode) input.checked = input.value === mode;
    this.#draw();
    if (focus) this.#text.focus();
  }

  get #status() {
    return this.#inbox.open?.summary?.status;
  }

  // What was being written to somebody who is gone is gone too.
  #forget(tickets) {
    if (!tickets.includes(this.#ticket)) return;
    this.#text.value = "";
    this.#drop();
    this.#stopTyping();
    this.#ticket = null;
  }

  #switch() {
    const choice = (mode, sign) =>
      h(
        "label",
        { class: `mode mode-${mode}` },
        h("input", { type: "radio", name: "mode", value: mode, change: () => this.write(mode) }),
        sign,
        t(`inbox.mode.${mode}`),
      );
    return h(
      "fieldset",
      { class: "modes" },
      h("legend", { class: "for-ears" }, t("inbox.mode")),
      choice("reply", icon("speech")),
      choice("note", icon("lock")),
    );
  }

  #draw() {
    const note = this.#mode === "note";
    const over = lengthOf(this.#text.value.trim()) - LONGEST_TEXT;
    this.#form.dataset.mode = this.#mode;
    this.#attaching.hidden = this.#files.hidden = note;
    this.#solve.hidden = note || ["solved", "trash"].includes(this.#status);
    this.#text.placeholder = t(`inbox.placeholder.${this.#mode}`);
    this.#text.setAttribute("aria-label", t(`inbox.placeholder.${this.#mode}`));
    this.#send.textContent = t(
      note ? "inbox.send.note" : this.#status === "solved" ? "inbox.send.reopen" : "inbox.send.reply",
    );
    const wrong = over > 0 ? t("inbox.too_long", { count: over }) : (this.#gap?.why ?? this.#missing);
    this.#hint.textContent = wrong || this.#advice(note);
    this.#hint.classList.toggle("is-keys", this.#hint.textContent === t("inbox.hint.reply"));
    this.#hint.classList.toggle(
      "is-warning",
      Boolean(wrong) || this.#inbox.socket.state !== "online" || (this.#status === "trash" && !note),
    );
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight}px`;
  }

  #advice(note) {
    const { state } = this.#inbox.socket;
    if (state === "waiting") return t("inbox.line.composer");
    if (!note && ["solved", "trash"].includes(this.#status)) return t(`inbox.hint.${this.#status}`);
    return t(note ? "inbox.hint.note" : "inbox.hint.reply");
  }

  #submit(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    const note = this.#mode === "note";
    const files = note ? [] : this.#files.files;
    if (!(text || files.length) || lengthOf(text) > LONGEST_TEXT) return this.#text.focus();
    if (this.#gap) return this.#select(this.#gap.part);
    // Nothing goes without the files that belong to it.
    if (!note && this.#brought.awaited(() => this.#form.requestSubmit(event.submitter))) return undefined;
    const mentions = note ? namedIn(text, this.#inbox.agents).map(({ id }) => id) : [];
    const solve = event.submitter === this.#solve && !this.#solve.hidden;
    this.#inbox.write(note ? "note" : "message", text, files, { mentions, solve });
    if (!note) this.#drop();
    this.#text.value = "";
    this.#inbox.drafts.put(this.#ticket, this.#mode, "");
    this.#stopTyping();
    return this.#draw();
  }

  #say(missing) {
    this.#missing = missing;
    if (missing) this.#hint.setAttribute("role", "alert");
    this.#draw();
  }

  #drop() {
    this.#files.clear();
    this.#brought.drop();
    this.#missing = "";
  }

  #attach(files) {
    if (!files.length || this.#mode === "note" || !this.checkVisibility()) return;
    this.#say(this.#files.add([...files]));
    this.#pick.value = "";
    this.#text.focus();
  }

  // The Enter that chooses a word in an input method does not come here.
  #key(event) {
    if (this.#replies.key(event) || this.#mentions.key(event)) return;
    // As in most chats: up from an empty field goes to what one said last.
    if (event.key === "ArrowUp" && !this.#text.value && this.#mode === "reply" && this.editLast())
      return event.preventDefault();
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.#form.requestSubmit((event.ctrlKey || event.metaKey) && !this.#solve.hidden ? this.#solve : this.#send);
  }

  #typed() {
    this.#missing = "";
    this.#inbox.drafts.put(this.#ticket, this.#mode, this.#text.value);
    this.#draw();
    this.#replies.typed();
    if (this.#mode === "note") this.#mentions.typed();
    if (this.#mode === "reply") this.#sayTyping();
  }

  /**
   * What keeps it from being sent, and why: in a reply a variable that nobody filled, in a note somebody who would not
   * hear of it.
   */
  get #gap() {
    const { value } = this.#text;
    if (this.#mode === "reply") {
      const part = unfilled(value, this.#left);
      return part && { part, why: t("replies.unfilled", { name: part }) };
    }
    const former = namedIn(value, this.#inbox.colleagues).find(({ status }) => status !== "active");
    return former && { part: `@${former.name}`, why: t("mentions.former", { name: former.name }) };
  }

  #insert(sign) {
    const { selectionStart, selectionEnd } = this.#text;
    this.#text.setRangeText(sign, selectionStart, selectionEnd, "end");
    this.#text.focus();
    this.#typed();
  }

  // What was inserted is a draft like any other; what is missing in it is said.
  #filled(missing) {
    for (const each of missing) this.#left.add(each);
    this.#inbox.drafts.put(this.#ticket, this.#mode, this.#text.value);
    this.#draw();
  }

  #select(part) {
    const from = this.#text.value.indexOf(part);
    this.#text.focus();
    this.#text.setSelectionRange(from, from + part.length);
    this.#hint.setAttribute("role", "alert");
    this.#draw();
  }

  #sayTyping() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stopTyping(), TYPING_ENDS);
    if (Date.now() - this.#sentAt < TYPING_EVERY) return;
    this.#sentAt = Date.now();
    this.#inbox.typing(this.#ticket, true);
  }

  #stopTyping() {
    clearTimeout(this.#timer);
    if (this.#sentAt) this.#inbox.typing(this.#ticket, false);
    this.#sentAt = 0;
  }
}

define("message-composer", MessageComposer);
