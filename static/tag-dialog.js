/** Asks for tags, with those that are known to choose from. */

import { h } from "./common/dom.js";
import { t } from "./words.js";

const TAG_MOST = 50;

/** Asks for one tag; resolves to it, or to "" where it was let be. */
export const askedForTag = (known) => asked(known, { title: "inbox.tag.title", label: "inbox.tag", value: "" });

/** Asks for all tags of a ticket, which has `tags` now; resolves to them, or to null where it was let be. */
export async function askedForTags(known, tags) {
  const value = tags.join(", ");
  const text = await asked(known, { title: "inbox.tags.title", label: "inbox.tags", value, required: false });
  return text === null ? null : [...new Set(text.split(",").map((tag) => tag.trim()))].filter(Boolean);
}

function asked(known, { title, label, value, required = true }) {
  const input = h("input", {
    id: "tag-text",
    autocomplete: "off",
    required,
    maxlength: required ? String(TAG_MOST) : null,
    list: "tag-known",
    autofocus: true,
    value,
  });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "tag-title" }, t(title)),
    h("div", { class: "field" }, h("label", { for: "tag-text" }, t(label)), input),
    h(
      "datalist",
      { id: "tag-known" },
      known.map(({ name }) => h("option", { value: name })),
    ),
    h(
      "div",
      { class: "dialog-actions" },
      h(
        "button",
        { class: "button", value: "", formnovalidate: true, type: "button", click: () => dialog.close("") },
        t("common.cancel"),
      ),
      h("button", { class: "button is-primary", value: "yes" }, t("inbox.tag.do")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "tag-title" }, form);
  return shown(dialog, () => input.value.trim(), required ? "" : null);
}

/** Shows `dialog` until it is closed; resolves to what `answer` says where it was with "yes", else to `otherwise`. */
export function shown(dialog, answer, otherwise) {
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? answer() : otherwise);
    });
  });
}
