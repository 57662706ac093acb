/** The inbox by keyboard: single keys while nothing is being written, and a page that lists them. */

import { h } from "./common/dom.js";
import { t } from "./words.js";

const HELP = [
  ["/", "Ctrl+K"],
  ["j", "↓"],
  ["k", "↑"],
  ["Enter"],
  ["r"],
  ["n"],
  ["s"],
  ["a"],
  ["z"],
  ["x"],
  ["Shift", "↓"],
  ["!"],
  ["Esc"],
  ["?"],
];
const MEANS = [
  "find",
  "next",
  "previous",
  "open",
  "reply",
  "note",
  "solve",
  "assign",
  "snooze",
  "pick",
  "extend",
  "spam",
  "back",
  "help",
];

const writes = (element) => element.closest?.("input:not([type=checkbox]), textarea, select, dialog");

/** Hears the keys for `does`: {next, previous, reply, note, back, help}, each a function. */
export function listen(does) {
  const keys = {
    "/": "find",
    j: "next",
    k: "previous",
    r: "reply",
    n: "note",
    s: "solve",
    a: "assign",
    z: "snooze",
    x: "pick",
    "!": "spam",
    "?": "help",
    Escape: "back",
  };
  const inList = { ArrowDown: "next", ArrowUp: "previous" };
  const extending = { ArrowDown: "pickNext", ArrowUp: "pickPrevious" };
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.defaultPrevented) return;
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey) {
      // From wherever one writes too; not over a question that waits for an answer.
      if (key.toLowerCase() !== "k" || event.shiftKey || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      does.find(target);
      return;
    }
    if (target.closest?.("dialog") || (writes(target) && key !== "Escape")) return;
    const more = event.shiftKey ? extending : inList;
    const work = keys[key] ?? (target.closest?.("ticket-list") || target === document.body ? more[key] : null);
    if (!work) return;
    event.preventDefault();
    does[work](target);
  });
}

/** Shows the list of keys until it is closed. */
export function help() {
  const line = (keys, place) => [
    h(
      "dt",
      {},
      keys.map((key) => h("kbd", {}, key)),
    ),
    h("dd", {}, t(`keys.${MEANS[place]}`)),
  ];
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "keys-title" },
    h(
      "form",
      { method: "dialog" },
      h("h2", { id: "keys-title" }, t("keys.title")),
      h("dl", { class: "keys" }, HELP.map(line)),
      h("div", { class: "dialog-actions" }, h("button", { class: "button", autofocus: true }, t("common.close"))),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
