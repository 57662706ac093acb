/** Asks with which of a contact's other tickets one is to be merged: the earlier of both is kept. */

import { h } from "./common/dom.js";
import { rest } from "./rest.js";
import { shown } from "./tag-dialog.js";
import { brief, hover } from "./time.js";
import { t } from "./words.js";

/** Asks about the ticket `number` of the contact `id`, and does it; throws a Problem. */
export async function merge(inbox, number, id) {
  const other = await asked(number, id);
  if (!other) return;
  const [into, part] = [Math.min(number, other), Math.max(number, other)];
  inbox.tickets.put(await rest("POST", `/tickets/${part}/merge`, { into }));
  inbox.moved(part, into);
}

async function asked(number, id) {
  const { items } = await rest("GET", `/tickets?contact=${id}&limit=100`);
  const others = items.filter((each) => each.number !== number);
  const close = h("button", { class: "button", value: "", autofocus: true }, t("common.cancel"));
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "merge-title" }, t("inbox.merge.title", { number })),
    h("p", {}, t(others.length ? "inbox.merge.lines" : "inbox.merge.none")),
    others.length > 0 &&
      h(
        "fieldset",
        { class: "merge-choices" },
        h("legend", { class: "for-ears" }, t("inbox.merge.with")),
        others.map((each, place) => choice(each, place === 0)),
      ),
    h(
      "div",
      { class: "dialog-actions" },
      close,
      others.length > 0 && h("button", { class: "button is-primary", value: "yes" }, t("inbox.merge.do")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "merge-title" }, form);
  return shown(dialog, () => Number(form.elements.merge.value), null);
}

const choice = ({ number, status, updated_at: at, preview }, first) =>
  h(
    "label",
    { class: "merge-choice" },
    h("input", { type: "radio", name: "merge", value: String(number), checked: first }),
    h("span", { class: "choice-name" }, `#${number} · ${t(`inbox.status.${status}`)}`),
    h("time", { datetime: at, title: hover(at) }, brief(at)),
    preview?.text && h("bdi", { class: "choice-line" }, preview.text),
  );
