/** Asks once before what cannot be undone, naming what will go or come. The safe answer has the focus. */

import { h } from "./common/dom.js";
import { t } from "./words.js";

/**
 * Shows `title` and `lines` with a button that says `action`, of a `kind` ("is-danger" unless it is said); resolves to
 * whether it was pressed.
 */
export function confirmed({ title, lines, action, kind = "is-danger" }) {
  const cancel = h("button", { class: "button", value: "", autofocus: true }, t("common.cancel"));
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "confirm-title" }, title),
    lines.map((line) => h("p", {}, line)),
    h("div", { class: "dialog-actions" }, cancel, h("button", { class: `button ${kind}`, value: "yes" }, action)),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "confirm-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
