/** Until when a ticket may be put aside: a few times that people mean, or one that is asked for. */

import { h } from "./common/dom.js";
import { shown } from "./tag-dialog.js";
import { moment } from "./time.js";
import { t } from "./words.js";

const HOUR = 3_600_000;
const MORNING = 9;
const EVENING = 18;

/** The times there are to choose from at `now`: {key, until}, each later than the one before. */
export function times(now = new Date()) {
  const at = (days, hour) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  const untilMonday = (8 - now.getDay()) % 7 || 7;
  return [
    { key: "inbox.snooze.hour", until: new Date(now.getTime() + HOUR) },
    ...(now.getHours() < EVENING - 1 ? [{ key: "inbox.snooze.evening", until: at(0, EVENING) }] : []),
    { key: "inbox.snooze.tomorrow", until: at(1, MORNING) },
    ...(untilMonday > 1 ? [{ key: "inbox.snooze.monday", until: at(untilMonday, MORNING) }] : []),
  ];
}

/** How a time is said in a menu: its name, and when that is. */
export const said = ({ key, until }) => [t(key), h("span", { class: "menu-hint" }, moment(until.toISOString()))];

/** Asks for a time; resolves to it, or to null where it was let be. */
export function askedUntil() {
  const soon = new Date(Date.now() + 60_000);
  const local = new Date(soon.getTime() - soon.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const input = h("input", { id: "snooze-until", type: "datetime-local", required: true, min: local, autofocus: true });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "snooze-title" }, t("inbox.snooze.title")),
    h("p", {}, t("inbox.snooze.lines")),
    h("div", { class: "field" }, h("label", { for: "snooze-until" }, t("inbox.snooze.until")), input),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { class: "button", type: "button", click: () => dialog.close("") }, t("common.cancel")),
      h("button", { class: "button is-primary", value: "yes" }, t("inbox.snooze")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "snooze-title" }, form);
  return shown(dialog, () => new Date(input.value), null);
}
