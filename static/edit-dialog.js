/** Asks for another text for one's own last message. What is typed here is gone when it is closed. */

import { LONGEST_TEXT } from "./common/writing.js";
import { h } from "./common/dom.js";
import { t } from "./words.js";

/** Resolves to the new text, null where the message is to be taken back, or undefined where all stays as it is. */
export function edited(text) {
  const field = h("textarea", {
    class: "input",
    rows: "5",
    dir: "auto",
    maxlength: LONGEST_TEXT,
    autofocus: true,
    "aria-labelledby": "edit-title",
  });
  field.value = text;
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "edit-title" }, t("inbox.edit.title")),
    h("p", {}, t("inbox.edit.lines")),
    field,
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { class: "button is-danger-plain", value: "back" }, t("inbox.edit.back")),
      h("button", { class: "button", value: "" }, t("common.cancel")),
      h("button", { class: "button is-primary", value: "save" }, t("common.save")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "edit-title" }, form);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    dialog.close("save");
  });
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      const said = field.value.trim();
      const saved = dialog.returnValue === "save" && said && said !== text ? said : undefined;
      resolve(dialog.returnValue === "back" ? null : saved);
    });
  });
}
