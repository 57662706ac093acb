/** <message-composer>: writes a reply or a note, and never leaves a doubt about which. Drafts stay in this tab. */

import { LONGEST_TEXT, lengthOf } from "./common/writing.js";
import { define, h } from "./common/dom.js";
import { FileTray } from "./file-tray.js";
import { icon } from "./icons.js";
import { t } from "./words.js";

const TYPING_EVERY = 3000;
const TYPING_ENDS = 5000;

class MessageComposer extends HTMLElement {
  #inbox;
  #ticket = null;
  #mode = "reply";
  #sentAt = 0;
  #timer = 0;
  #text = h("textarea", { autocomplete: "off", rows: "1", dir: "auto", "aria-describedby": "composer-hint" });
  #files = new FileTray();
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
  #hint = h("p", { class: "hint", id: "composer-hint" });
  #send = h("button", { class: "button is-primary", type: "submit" });
  #form = h(
    "form",
    { class: "composer" },
    this.#switch(),
    this.#text,
    this.#files,
    h("div", { class: "composer-foot" }, this.#pick, this.#attaching, this.#hint, this.#send),
  );

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
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
    this.#ticket = number;
    this.#files.clear();
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
    this.#files.clear();
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
    this.#text.placeholder = t(`inbox.placeholder.${this.#mode}`);
    this.#text.setAttribute("aria-label", t(`inbox.placeholder.${this.#mode}`));
    this.#send.textContent = t(
      note ? "inbox.send.note" : this.#status === "solved" ? "inbox.send.reopen" : "inbox.send.reply",
    );
    this.#hint.textContent = over > 0 ? t("inbox.too_long", { count: over }) : this.#advice(note);
    this.#hint.classList.toggle("is-keys", this.#hint.textContent === t("inbox.hint.reply"));
    this.#hint.classList.toggle(
      "is-warning",
      over > 0 || this.#inbox.socket.state !== "online" || (this.#status === "trash" && !note),
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
    this.#inbox.write(note ? "note" : "message", text, files);
    if (!note) this.#files.clear();
    this.#text.value = "";
    this.#inbox.drafts.put(this.#ticket, this.#mode, "");
    this.#stopTyping();
    return this.#draw();
  }

  #attach(files) {
    if (!files.length || this.#mode === "note" || !this.checkVisibility()) return;
    this.#files.add([...files]);
    this.#pick.value = "";
    this.#text.focus();
  }

  // The Enter that chooses a word in an input method does not come here.
  #key(event) {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    this.#form.requestSubmit();
  }

  #typed() {
    this.#inbox.drafts.put(this.#ticket, this.#mode, this.#text.value);
    this.#draw();
    if (this.#mode === "reply") this.#sayTyping();
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
