/** Colleagues named in a note: `@` lists them, and who stands in the note when it is added hears of it. */

import { agentFace } from "./agent-face.js";
import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { Suggestions, folded, typedAfter } from "./suggestions.js";
import { t } from "./words.js";

const SHOWN = 8;

export class Mentions {
  #inbox;
  #field;
  #list;
  #inserted;

  /**
   * @param {import("./model.js").Inbox} inbox
   * @param {HTMLTextAreaElement} field
   * @param {() => void} inserted hears that the text is another
   */
  constructor(inbox, field, inserted) {
    this.#inbox = inbox;
    this.#field = field;
    this.#inserted = inserted;
    this.#list = new Suggestions(field, t("mentions.title"));
  }

  get nodes() {
    return this.#list.nodes;
  }

  key(event) {
    return this.#list.key(event);
  }

  hide() {
    this.#list.hide();
  }

  /** Shows the colleagues who fit what is typed now, or nothing. */
  typed() {
    const asked = typedAfter("@", this.#field);
    if (!asked) return this.hide();
    const word = folded(asked.word);
    const fits = ({ id, name }) => id !== boot.agent.id && folded(` ${name}`).includes(` ${word}`);
    const found = this.#inbox.agents.filter(fits).slice(0, SHOWN);
    const choice = (agent) => ({
      lines: [agentFace(agent), h("bdi", {}, agent.name)],
      choose: () => this.#insert(agent.name),
    });
    return found.length ? this.#list.show(found.map(choice)) : this.hide();
  }

  #insert(name) {
    const place = typedAfter("@", this.#field);
    this.hide();
    if (!place) return;
    this.#field.setRangeText(`@${name} `, place.from, place.to, "end");
    this.#inserted();
  }
}

/** The agents of a list whose `@name` stands in a text; of names that begin alike the longest that does. */
export function namedIn(text, agents) {
  let rest = text;
  const longest = agents.filter(({ name }) => name).toSorted((one, other) => other.name.length - one.name.length);
  const names = new Set();
  for (const { name } of longest) {
    if (!rest.includes(`@${name}`)) continue;
    names.add(name);
    rest = rest.replaceAll(`@${name}`, " ");
  }
  return agents.filter(({ name }) => names.has(name));
}
