/** `<chat-room>`: a conversation on the screen: what was said, how the line stands, and where to write. */

import { ChatComposer } from "./chat-composer.js";
import { define, h } from "/static/common/dom.js";
import { button } from "./buttons.js";
import { MessageList } from "./message-list.js";

export class ChatRoom extends HTMLElement {
  #words;
  #name;
  #conversation;
  #visible = true;
  #list;
  #empty;
  #line = h("p", { class: "line", role: "status" });
  #now;
  #composer;
  #ended;

  constructor(words, name, api) {
    super();
    this.#words = words;
    this.#name = name;
    this.#list = new MessageList(
      words,
      {
        retry: (id) => this.#conversation.retry(id),
        drop: (id) => this.#conversation.drop(id),
        edit: (seq, text) => this.#conversation.edits.ask(seq, text),
      },
      api,
    );
    this.#list.addEventListener("end", () => this.#see());
    this.#empty = h("p", { class: "empty" }, words.say("empty", { name }));
    this.#now = button("link now", () => this.#conversation.hurry(), words.say("line.now"));
    this.#composer = new ChatComposer(words);
    this.#composer.addEventListener("typing", ({ detail }) => this.#conversation.type(detail));
    this.#composer.addEventListener("send", ({ detail }) => this.#send(detail));
    this.#ended = h(
      "div",
      { class: "ended" },
      h("p", {}, words.say("ended")),
      button("primary", () => this.#again("goOn"), words.say("go_on")),
      button("quiet", () => this.#again("fresh"), words.say("new_chat")),
    );
    this.append(
      h("h1", { class: "unseen" }, words.say("chat_with", { name })),
      this.#empty,
      this.#list,
      this.#line,
      this.#now,
      this.#composer,
      this.#ended,
    );
  }

  /** What is being written outlives its conversation. */
  set conversation(conversation) {
    this.#conversation = conversation;
    conversation.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  /** Only what can be seen is marked as read. */
  set visible(visible) {
    this.#visible = visible;
    this.#see();
  }

  focus() {
    if (this.#ended.hidden) this.#composer.focus();
    else this.#ended.querySelector("button:not([hidden])").focus();
  }

  #draw() {
    const { transcript, live, ended, closed } = this.#conversation;
    this.#list.show(transcript, live);
    this.#empty.hidden = !live || transcript.lines.length > 0;
    this.#composer.hidden = ended;
    this.#ended.hidden = !ended;
    this.#ended.children[1].hidden = closed;
    this.#drawLine();
    this.#see();
  }

  #drawLine() {
    const { lost, live, typing } = this.#conversation;
    const said = this.#says();
    this.#line.classList.toggle("lost", lost);
    this.#now.hidden = !lost;
    this.#line.classList.toggle("typing", live && typing !== null);
    if (this.#line.textContent !== said) this.#line.textContent = said;
  }

  #says() {
    const { lost, live, typing } = this.#conversation;
    if (lost) return this.#words.say(navigator.onLine ? "line.lost" : "line.offline");
    if (!live) return this.#words.say("line.connecting");
    return typing === null ? "" : this.#words.say("line.typing", { name: `\u2068${typing || this.#name}\u2069` });
  }

  #send(written) {
    this.#conversation.send(...written);
    this.#list.toEnd();
  }

  #see() {
    if (this.#visible && this.#list.atEnd) this.#conversation.seen();
  }

  /** `way`: go on, or begin another. */
  #again(way) {
    this.#conversation[way]();
    this.#draw();
    this.#composer.focus();
  }
}

define("chat-room", ChatRoom);
