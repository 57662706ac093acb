/** Asks to whom a ticket is to go, and why: a note that they read. The safe answer has the focus. */

import { h } from "./common/dom.js";
import { LONGEST_TEXT } from "./common/writing.js";
import { t } from "./words.js";

/**
 * Shows the question about ticket `number`; resolves to what `POST …/transfer` takes, or null where it was let be.
 * `agents` and `departments` are whom it may go to, each with `id` and `name`; `before` is what was answered before.
 */
export function askedToTransfer(number, { agents, departments }, before = {}) {
  const to = receivers({ agents, departments });
  const note = h("textarea", {
    id: "transfer-note",
    autocomplete: "off",
    rows: "3",
    required: true,
    dir: "auto",
    maxlength: String(LONGEST_TEXT),
  });
  to.value = ["department", "assignee"].flatMap((kind) => (before[kind] ? [`${kind} ${before[kind]}`] : []))[0] ?? "";
  note.value = before.note ?? "";
  const look = () => note.setCustomValidity(note.value.trim() ? "" : t("inbox.transfer.why"));
  note.addEventListener("input", look);
  look();
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "transfer-title" }, t("inbox.transfer.title", { number })),
    h("p", {}, t("inbox.transfer.lines")),
    h("div", { class: "field" }, h("label", { for: "transfer-to" }, t("inbox.transfer.to")), to),
    h("div", { class: "field" }, h("label", { for: "transfer-note" }, t("inbox.transfer.note")), note),
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { class: "button", value: "", formnovalidate: true, autofocus: true }, t("common.cancel")),
      h("button", { class: "button is-primary", value: "yes" }, t("inbox.transfer.do")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "transfer-title" }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      const [kind, id] = to.value.split(" ");
      const wanted = { id: before.id ?? crypto.randomUUID(), note: note.value.trim(), [kind]: id };
      resolve(dialog.returnValue === "yes" ? wanted : null);
    });
  });
}

function receivers({ agents, departments }) {
  const group = (key, kind, all) =>
    all.length
      ? [
          h(
            "optgroup",
            { label: t(key) },
            all.map(({ id, name }) => h("option", { value: `${kind} ${id}` }, name)),
          ),
        ]
      : [];
  return h(
    "select",
    { id: "transfer-to", class: "select", required: true },
    h("option", { value: "" }, t("inbox.transfer.choose")),
    ...group("inbox.transfer.departments", "department", departments),
    ...group("inbox.transfer.agents", "assignee", agents),
  );
}
