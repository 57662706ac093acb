/** The menu that is always in reach, and a page of words beside the chat. */

import { define, h } from "/static/common/dom.js";
import { button, icon } from "./buttons.js";

/** `choices`: a work for each `menu.` string. Gives the button and its list. */
export function menu(words, choices) {
  const list = h("ul", { popover: true, id: "menu", click: () => list.hidePopover(), beforetoggle: () => below() });
  // However many lines the header has.
  const below = () => {
    list.style.insetBlockStart = `${list.closest("header").getBoundingClientRect().bottom}px`;
  };
  for (const [name, work] of Object.entries(choices))
    list.append(h("li", {}, button(name, work, words.say(`menu.${name}`))));
  return [h("button", { class: "round", popovertarget: "menu", "aria-label": words.say("menu") }, icon("more")), list];
}

export class PlainPage extends HTMLElement {
  constructor(title, ...children) {
    super();
    this.append(h("h1", { tabindex: "-1" }, title), ...children);
  }

  withBack(words) {
    this.prepend(button("back", () => this.dispatchEvent(new Event("back")), icon("back"), words.say("back")));
    return this;
  }

  focus() {
    this.querySelector("h1").focus();
  }
}

define("plain-page", PlainPage);
