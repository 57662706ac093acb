/** Asks why and how long a contact is to be held. The safe answer has the focus. */

import { h } from "./common/dom.js";
import { t } from "./words.js";

const DAYS_MOST = 3650;
const REASON_MOST = 500;

/** Shows the question about `name`; resolves to `{reason, days}`, or null where it was let be. */
export function askedToHold(name) {
  const reason = h("textarea", {
    id: "hold-reason",
    autocomplete: "off",
    rows: "2",
    required: true,
    maxlength: String(REASON_MOST),
  });
  const days = h("input", {
    id: "hold-days",
    type: "number",
    required: true,
    min: "1",
    max: String(DAYS_MOST),
    value: "365",
  });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "hold-title" }, t("hold.title", { name })),
    h("p", {}, t("hold.lines")),
    h("div", { class: "field" }, h("label", { for: "hold-reason" }, t("hold.reason")), reason),
    h("div", { class: "field" }, h("label", { for: "hold-days" }, t("hold.days")), days),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { class: "button", value: "", formnovalidate: true, autofocus: true }, t("common.cancel")),
      h("button", { class: "button is-primary", value: "yes" }, t("hold.do")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "hold-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? { reason: reason.value.trim(), days: days.valueAsNumber } : null);
    });
  });
}
