/** The menu that is always in reach, and a page of words beside the chat. */

import { button, define, icon, make } from "./dom.js";

/** `choices`: a deed for each `menu.` string. Gives the button and its list. */
export function menu(words, choices) {
  const list = make("ul", { popover: true, id: "menu", click: () => list.hidePopover(), beforetoggle: () => below() });
  // However many lines the header has.
  const below = () => {
    list.style.insetBlockStart = `${list.closest("header").getBoundingClientRect().bottom}px`;
  };
  for (const [name, deed] of Object.entries(choices))
    list.append(make("li", {}, button(name, deed, words.say(`menu.${name}`))));
  return [
    make("button", { class: "round", popovertarget: "menu", "aria-label": words.say("menu") }, icon("more")),
    list,
  ];
}

export class PlainPage extends HTMLElement {
  constructor(title, ...children) {
    super();
    this.append(make("h1", { tabindex: "-1" }, title), ...children);
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
