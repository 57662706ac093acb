/** One ticket in the list, in two lines: who and when, what was said last and what is new about it. */

import { h } from "./common/dom.js";
import { icon } from "./icons.js";
import { href } from "./route.js";
import { brief, hover } from "./time.js";
import { named, t } from "./words.js";

/** A row for `summary` as Kept takes it: its link leads to the ticket within `view`. */
export function row(summary, view, chosen) {
  const shows = [summary, view, chosen, summary.updated_at && brief(summary.updated_at)];
  return { key: summary.number, signature: JSON.stringify(shows), build: () => build(summary, view, chosen) };
}

function build(summary, view, chosen) {
  const at = summary.preview?.at ?? summary.updated_at;
  const link = h(
    "a",
    {
      class: `row${summary.unread ? " is-unread" : ""}`,
      href: href(view, summary.number),
      "aria-current": chosen ? "page" : null,
      "data-number": summary.number,
    },
    h(
      "span",
      { class: "row-top" },
      dot(summary.site),
      h("bdi", { class: "row-name" }, named(summary.contact)),
      h("time", { datetime: at, title: hover(at) }, brief(at)),
    ),
    h("span", { class: "row-bottom" }, preview(summary), marks(summary)),
  );
  return h("li", {}, link);
}

function dot(site) {
  const mark = h("span", { class: "site-dot", title: site.name });
  mark.style.setProperty("--site", site.color);
  return mark;
}

function preview({ preview: last, held }) {
  if (!last) return h("span", { class: "row-text is-quiet" }, t(held ? "inbox.row.held" : "inbox.row.empty"));
  const text = last.text || t("inbox.row.file");
  const said = last.kind === "agent" ? t("inbox.row.reply", { text }) : text;
  return h("bdi", { class: "row-text" }, said);
}

function marks({ unread, held }) {
  return [
    held > 0 &&
      h(
        "span",
        { class: "held-mark", title: t("inbox.row.held_count", { count: held }) },
        icon("quarantine"),
        h("span", { class: "for-ears" }, t("inbox.row.held_count", { count: held })),
      ),
    unread > 0 &&
      h(
        "span",
        { class: "unread-mark" },
        String(Math.min(unread, 99)),
        h("span", { class: "for-ears" }, ` ${t("inbox.row.unread", { count: unread })}`),
      ),
  ];
}
