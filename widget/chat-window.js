/** `<chat-window>`: everything inside the frame; works with nothing but the notice until it has been agreed to. */

import { ConsentNotice } from "./consent-notice.js";
import { lastOnly } from "./identity.js";
import { fetchPart } from "./parts.js";
import { define, h } from "/static/common/dom.js";
import { button, icon } from "./buttons.js";
import { menu, PlainPage } from "./plain-page.js";

const SOCKET = new URL("/ws/visitor", location.href.replace(/^http/, "ws")).href;

export class ChatWindow extends HTMLElement {
  #words;
  #config;
  #api;
  #tell;
  #presence = h("p", { class: "presence" });
  #menu = h("nav", { hidden: true });
  #main = h("main", {});
  #room = null;
  #conversation = null;
  #shown = parent === window; // the loader says when it is
  #agreed = null;
  #unread = 0;
  #ended = false;
  #asking = false;

  /** Another is signed in on the page by now. */
  identified = lastOnly(() => this.#settle());

  constructor(words, config, api, tell) {
    super();
    this.#words = words;
    this.#config = config;
    this.#api = api;
    this.#tell = tell;
    this.append(this.#header(config.account), this.#main);
    document.addEventListener("visibilitychange", () => this.#back());
    api.elsewhere((left) => this.#elsewhere(left));
    this.#present(config.online);
    this.#presence.hidden = !config.notice; // until then nobody can be answered
    if (config.notice) this.identified();
    else this.#show(this.#notOpen(config));
  }

  /** What is kept here is shown once it is settled whose it is. */
  async #settle() {
    if (!this.#config.notice) return;
    try {
      await this.#api.settle();
      if (this.#api.token) {
        if (!this.#conversation) await this.#chat();
      } else if (this.#conversation || !this.#main.hasChildNodes()) this.left();
    } catch {
      this.#stuck("unreachable");
    }
    const notice = this.querySelector("consent-notice");
    if (notice) notice.signedIn = Boolean(this.#api.identity);
  }

  set shown(shown) {
    const opens = shown && !this.#shown;
    this.#shown = shown;
    this.#back();
    if (opens) this.focus();
  }

  /** Whoever comes next on this device finds nothing of it. At the server the chat stays. */
  left() {
    if (this.#conversation) this.#empty();
    if (this.#config.notice && !this.#asking) this.#ask();
  }

  focus() {
    this.#main.lastChild?.focus();
  }

  #header({ name }) {
    const close = button("round", () => this.#tell("close"), icon("close"));
    close.ariaLabel = this.#words.say("close_chat");
    const portrait = h("span", { class: "portrait", "aria-hidden": "true" }, [...name][0]);
    const who = h("div", { class: "who" }, h("p", { class: "name" }, h("bdi", {}, name)), this.#presence);
    return h("header", {}, portrait, who, this.#menu, close);
  }

  #choices() {
    const rights = ["kept", "receipt", "earlier", "transcript", ...(this.#config.mail ? ["mail"] : []), "export"];
    const aside = (name) => [
      name,
      () => this.#late(name, ({ asides }) => asides[name](this.#words, this.#config, this.#api, this.#conversation)),
    ];
    return menu(this.#words, {
      ...Object.fromEntries(rights.map(aside)),
      end: () => this.#conversation.end(),
      withdraw: () => this.#withdrawing(this.#room),
    });
  }

  #notOpen({ account, site }) {
    const page = new PlainPage(this.#words.say("not_open"), h("p", {}, this.#words.say("not_open_why", account)));
    if (site.alternative) page.append(h("p", {}, this.#words.say("write_to", site)));
    return page;
  }

  /** The room waits behind other views with what is being written. */
  #show(view) {
    this.#menu.hidden = !this.#conversation;
    for (const other of [...this.#main.children]) if (other !== this.#room) other.remove();
    if (this.#room) this.#room.hidden = view !== this.#room;
    if (view !== this.#main.lastChild) this.#main.append(view);
    this.#look();
    if (this.#shown) view.focus();
  }

  #ask(why = "") {
    this.#conversation?.stop();
    this.#asking = true;
    this.#remember(false);
    const notice = new ConsentNotice(this.#words, this.#config);
    notice.addEventListener("agree", ({ detail }) => this.#agree(notice, detail));
    this.#show(notice);
    notice.signedIn = Boolean(this.#api.identity);
    notice.say(why);
    this.#menu.hidden = true;
  }

  /** Nobody agrees to a chat that could then not be shown. */
  async #agree(notice, agreement) {
    try {
      await fetchPart("chat", this.#words);
      await this.#api.agree({ ...agreement, locale: this.#words.locale });
      if (this.#asking && this.#api.token) await this.#chat();
      else notice.say(""); // they signed out meanwhile
    } catch (refusal) {
      this.#refused(notice, refusal);
    }
  }

  #refused(notice, refusal) {
    const { code, problem } = refusal;
    // Not the visitor's doing: a whole office, or a carrier's customers, share one address.
    if (code === "rate_limited") notice.say(`${this.#words.say("busy")} ${this.#words.failure(refusal)}`);
    else if (code === "notice_outdated") {
      this.#publish(problem.notice);
      notice.ask(this.#config);
      notice.say(this.#words.say("notice_changed"));
    } else notice.say(this.#words.failure(refusal), problem.field);
  }

  #publish(notice) {
    this.#config = { ...this.#config, notice, purposes: notice.purposes ?? this.#config.purposes };
  }

  async #chat() {
    const { ChatRoom, Conversation } = await fetchPart("chat", this.#words);
    this.#asking = false;
    const unsent = this.#conversation?.transcript.pending;
    const conversation = new Conversation(SOCKET, this.#api, this.#config.online, unsent);
    conversation.addEventListener("change", () => this.#changed());
    conversation.addEventListener("asked", ({ detail }) => this.#askAgain(detail));
    conversation.addEventListener("over", ({ detail }) => this.#over(detail));
    this.#conversation = conversation;
    if (!this.#menu.hasChildNodes()) this.#menu.append(...this.#choices());
    this.#room ??= new ChatRoom(this.#words, this.#config.account.name, this.#api);
    this.#room.conversation = conversation;
    this.#show(this.#room);
  }

  /** Another window has agreed: it is the same visitor's yes. Or they left there, which is said to the page's loader. */
  #elsewhere(left) {
    if (left) {
      this.left();
      this.identified();
      this.#tell("left");
    } else if (this.#asking && this.#api.token) this.#chat().catch(() => this.#stuck("unreachable"));
  }

  /** The page may load the chat by itself from now on, or no more. */
  #remember(yes) {
    if (this.#agreed === yes) return;
    this.#tell("agreed", { yes });
    if (yes || this.#agreed) this.#tell("consent", { given: yes });
    this.#agreed = yes;
  }

  /** The chat waits, with everything written, for the answer. */
  #askAgain(notice) {
    this.#remember(false);
    if (!notice) {
      this.#show(this.#notOpen(this.#config));
      return;
    }
    this.#publish(notice);
    const view = new ConsentNotice(this.#words, this.#config, true);
    view.addEventListener("agree", ({ detail: { notice_version, consent } }) =>
      this.#conversation.agree({ notice_version, consent }),
    );
    view
      .querySelector("footer")
      .append(button("link", () => this.#withdrawing(view), this.#words.say("menu.withdraw")));
    this.#show(view);
  }

  #changed() {
    const {
      live,
      lost,
      online,
      ended,
      transcript: { unread },
    } = this.#conversation;
    this.#present(online, lost);
    if (live) this.#remember(true);
    if (ended && !this.#ended) this.#tell("ended");
    this.#ended = ended;
    if (live && this.#main.lastChild.matches("consent-notice")) this.#show(this.#room);
    if (unread === this.#unread) return;
    this.#unread = unread;
    this.#tell("unread", {
      count: unread,
      label: unread ? this.#words.count("open_unread", unread) : this.#words.say("open_chat"),
    });
  }

  #over(reason) {
    if (reason === "erased") this.#done(null);
    else if (reason === "unauthorized") {
      this.#api.forget();
      this.#ask(this.#words.say("signed_out"));
    } else this.#stuck(reason);
  }

  #stuck(reason) {
    const reload = button("quiet wide", () => location.reload(), this.#words.say("try_again"));
    this.#show(new PlainPage(this.#words.reason(reason), reload));
  }

  #aside(page, behind = this.#room) {
    page.addEventListener("back", () => this.#show(behind));
    this.#show(page.withBack(this.#words));
  }

  /** What is behind the menu is fetched, with its words, when it is asked for; `work` may give a page. */
  async #late(name, work, behind) {
    const whose = this.#conversation;
    let page;
    try {
      page = await work(await fetchPart("rights", this.#words));
    } catch (refusal) {
      page = new PlainPage(this.#words.say(`menu.${name}`), h("p", {}, this.#words.failure(refusal)));
    }
    if (page && whose === this.#conversation) this.#aside(page, behind);
  }

  #withdrawing(behind) {
    const withdraw = async () => this.#done(await this.#api.withdraw());
    return this.#late(
      "withdraw",
      ({ withdrawPage }) => withdrawPage(this.#words, this.#config.account, withdraw),
      behind,
    );
  }

  /** Everything is gone there, so nothing may stay here. */
  async #done(number) {
    this.#api.forget();
    this.#empty();
    this.#show((await fetchPart("rights", this.#words)).donePage(this.#words, number, () => this.#ask()));
  }

  #empty() {
    this.#conversation?.stop();
    this.#remember(false);
    this.#room?.remove();
    this.#conversation = this.#room = null;
    this.#unread = 0;
    this.#tell("unread", { count: 0, label: this.#words.say("open_chat") });
  }

  /** Who is there nobody knows while the line is `lost`. */
  #present(online, lost = false) {
    this.#presence.textContent = this.#words.say(lost ? "line.connecting" : online ? "online" : "away");
    this.#presence.classList.toggle("online", online && !lost);
  }

  get #visible() {
    return this.#shown && document.visibilityState === "visible";
  }

  #look() {
    if (this.#room) this.#room.visible = this.#visible && !this.#room.hidden;
  }

  #back() {
    this.#look();
    if (this.#visible) this.#conversation?.check();
  }
}

define("chat-window", ChatWindow);
