/** The inbox by keyboard: single keys while nothing is being written, and a page that lists them. */

import { h } from "./common/dom.js";
import { t } from "./words.js";

const HELP = [["j", "↓"], ["k", "↑"], ["Enter"], ["r"], ["n"], ["s"], ["a"], ["!"], ["Esc"], ["?"]];
const MEANS = ["next", "previous", "open", "reply", "note", "solve", "assign", "spam", "back", "help"];

const writes = (element) => element.closest?.("input, textarea, select, dialog");

/** Hears the keys for `does`: {next, previous, reply, note, back, help}, each a function. */
export function listen(does) {
  const keys = {
    j: "next",
    k: "previous",
    r: "reply",
    n: "note",
    s: "solve",
    a: "assign",
    "!": "spam",
    "?": "help",
    Escape: "back",
  };
  const inList = { ArrowDown: "next", ArrowUp: "previous" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { key, target } = event;
    if (target.closest?.("dialog") || (writes(target) && key !== "Escape")) return;
    const work = keys[key] ?? (target.closest?.("ticket-list") || target === document.body ? inList[key] : null);
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
