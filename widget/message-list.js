/** `<message-list>`: the transcript by day and author; stays where its reader is. Fires `end` at the newest line. */

import { define, h } from "/static/common/dom.js";
import { button, icon } from "./buttons.js";
import { MessageLine } from "./message-line.js";

const GROUP = 2 * 60_000;
const NEAR = 48;
const CHANGED_WITHIN = 5 * 60_000;

const dayOf = (line) => line && new Date(line.at).toDateString();

function apart(one, other) {
  const same = one?.author.kind === other.author.kind && one.author.name === other.author.name;
  return !same || new Date(other.at) - new Date(one.at) > GROUP;
}

function standing(line, read) {
  if (!line.seq) return line.state;
  return line.seq <= read.agent ? "seen" : "sent";
}

export class MessageList extends HTMLElement {
  #words;
  #act;
  #api;
  #nodes = new Map();
  #count = 0;
  #log;
  #more;
  #top = 0;
  #late = 0;
  /** Of the window and of every line: what comes late, as pictures do, moves nobody away from the end. */
  #sizes = new ResizeObserver(() => this.atEnd && this.toEnd());
  atEnd = true;

  constructor(words, act, api) {
    super();
    this.#words = words;
    this.#act = act;
    this.#api = api;
    this.#log = h("div", {
      class: "log",
      role: "log",
      tabindex: 0,
      "aria-live": "off",
      "aria-label": words.say("messages"),
      scroll: () => this.#scrolled(),
    });
    this.#more = button("more", () => this.toEnd(), icon("down"), words.say("new_messages"));
    this.#more.hidden = true;
    this.append(this.#log, this.#more);
    this.#sizes.observe(this.#log);
  }

  /** Once it is `live`, what is added is news and read out. */
  show(transcript, live) {
    const { lines, read } = transcript;
    const grown = lines.length > this.#count;
    this.#count = lines.length;
    this.#arrange(this.#lay(lines, read, () => this.show(transcript, live)));
    if (this.atEnd) this.toEnd();
    else if (grown) this.#more.hidden = false;
    if (live)
      requestAnimationFrame(() => {
        this.#log.ariaLive = "polite";
      });
  }

  toEnd() {
    this.#log.scrollTop = this.#log.scrollHeight;
    this.#scrolled();
  }

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.#log;
    const near = scrollHeight - scrollTop - clientHeight < NEAR;
    this.atEnd = near || (this.atEnd && scrollTop >= this.#top); // only its reader goes up
    this.#top = scrollTop;
    if (!this.atEnd) return;
    this.#more.hidden = true;
    this.dispatchEvent(new Event("end"));
  }

  /** `again` draws anew: when the last own one is too old to be changed. */
  #lay(lines, read, again) {
    const own = lines.filter(({ author }) => author.kind === "visitor");
    const last = own.at(-1);
    const left = last?.seq && last.text !== null ? Date.parse(last.at) + CHANGED_WITHIN - Date.now() : 0;
    clearTimeout(this.#late);
    if (left > 0) this.#late = setTimeout(again, left);
    const nodes = [];
    lines.forEach((line, at) => {
      const before = lines[at - 1];
      const day = dayOf(line);
      const opens = dayOf(before) !== day;
      if (opens) nodes.push(this.#node(day, () => h("p", { class: "day" }, this.#words.day(line.at))));
      const node = this.#node(line.id, () => new MessageLine(this.#words, this.#act, this.#api));
      const says = line === last || line.state;
      node.show(line, opens || apart(before, line), says ? standing(line, read) : null, line === last && left > 0);
      nodes.push(node);
    });
    return nodes;
  }

  /** Each node is made once: a screen reader must not hear a line again because another changed. */
  #node(key, build) {
    if (!this.#nodes.has(key)) {
      this.#nodes.set(key, build());
      this.#sizes.observe(this.#nodes.get(key));
    }
    return this.#nodes.get(key);
  }

  #arrange(nodes) {
    const log = this.#log;
    nodes.forEach((node, at) => {
      if (log.childNodes[at] !== node) log.insertBefore(node, log.childNodes[at] ?? null);
    });
    while (log.childNodes.length > nodes.length) log.lastChild.remove();
    for (const [key, node] of this.#nodes) if (!node.isConnected) this.#nodes.delete(key);
  }
}

define("message-list", MessageList);
