/** Menus, and what can be chosen in them: they close then. */

import { h } from "./common/dom.js";
import { icon } from "./icons.js";

/** Does `work`, and closes the menu in which it was chosen. */
export const closing =
  (work) =>
  ({ target }) => {
    target.closest("details").open = false;
    work();
  };

/** A line of a menu that says `words` and does `work`. */
export const item = (words, work) => h("button", { class: "menu-item", type: "button", click: closing(work) }, words);

/** A menu of `items` behind the sign `sign`, which is called `label`; `action` names it to keys and tests. */
export const menu = ({ sign, label, action, kind = "" }, items) =>
  h(
    "details",
    { class: `menu ${kind}` },
    h("summary", { class: "button is-icon", "aria-label": label, title: label, "data-action": action }, icon(sign)),
    h("div", { class: "menu-items" }, items),
  );
