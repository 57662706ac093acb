/** Asks for a view to keep: its name, what is in it, and whether colleagues see it too. */

import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { shown } from "./tag-dialog.js";
import { t } from "./words.js";

const NAME_MOST = 60;
const STATUSES = ["open", "pending", "solved"];
const NEW = { name: "", filters: { status: "open" }, shared: false };
const PRIORITIES = ["low", "normal", "high", "urgent"];

/**
 * Asks for a view, with what `view` has where it is there already; `inbox` knows what to choose from. Resolves to
 * {name, filters, shared}, to "delete" where that was chosen, or to null where it was let be.
 */
export function askedForView(inbox, view = NEW) {
  const name = h("input", {
    id: "view-name",
    type: "text",
    required: true,
    autocomplete: "off",
    maxlength: String(NAME_MOST),
    value: view.name,
    autofocus: true,
  });
  const fields = choices(inbox, view.filters);
  const shared = h("input", { id: "view-shared", type: "checkbox", checked: view.shared });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "view-title" }, t(view.id ? "inbox.saved.edit" : "inbox.saved.add")),
    field("view-name", t("inbox.saved.name"), name),
    fields.map(({ label, select }) => field(select.id, label, select)),
    h("div", { class: "field" }, h("label", { class: "check" }, shared, t("inbox.saved.shared"))),
    h(
      "div",
      { class: "dialog-actions" },
      view.id &&
        h(
          "button",
          { class: "button is-danger-plain", value: "delete", formnovalidate: true },
          t("inbox.saved.delete"),
        ),
      h("button", { class: "button", type: "button", click: () => dialog.close("") }, t("common.cancel")),
      h("button", { class: "button is-primary", value: "yes" }, t("inbox.tag.do")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "view-title" }, form);
  const answer = () => ({ name: name.value.trim(), filters: chosen(fields), shared: shared.checked });
  return shown(dialog, answer, null).then((made) => (dialog.returnValue === "delete" ? "delete" : made));
}

const field = (id, label, input) => h("div", { class: "field" }, h("label", { for: id }, label), input);

const chosen = (fields) =>
  Object.fromEntries(fields.map(({ name, select }) => [name, select.value]).filter(([, value]) => value));

function choices({ agents, departments, views }, filters) {
  const one = (name, label, options) => {
    const all = [["", t("inbox.saved.any")], ...options];
    const select = h(
      "select",
      { class: "select", id: `view-${name}` },
      all.map(([value, text]) => h("option", { value, selected: value === (filters[name] ?? "") }, text)),
    );
    return { name, label, select };
  };
  const people = agents.filter(({ id }) => id !== boot.agent.id).map(named);
  const mine = [["me", t("inbox.assignee.me")], ["none", t("inbox.assignee.nobody")], ...people];
  return [
    one(
      "status",
      t("inbox.status"),
      STATUSES.map((each) => [each, t(`inbox.status.${each}`)]),
    ),
    one("assignee", t("inbox.assignee"), mine),
    departments.length && one("department", t("inbox.department"), departments.map(named)),
    boot.sites.length > 1 && one("site", t("inbox.views.site"), boot.sites.map(named)),
    views.more.tag.length &&
      one(
        "tag",
        t("inbox.tag"),
        views.more.tag.map((each) => [each.name, each.name]),
      ),
    one(
      "priority",
      t("inbox.priority"),
      PRIORITIES.map((each) => [each, t(`inbox.priority.${each}`)]),
    ),
  ].filter(Boolean);
}

const named = ({ id, name }) => [id, name];
