/** One ticket in the list, in two lines: who and how long they wait, what was said last and by whom. */

import { initials } from "./agent-face.js";
import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { icon } from "./icons.js";
import { href } from "./route.js";
import { brief, hover, short } from "./time.js";
import { named, t } from "./words.js";

const MINUTE = 60_000;

/**
 * A row for `summary` as Kept takes it: its link leads to the ticket within `view`. `state` is {open, chosen}: whether
 * it is the open one, and one of those that are selected. `agents` are the colleagues whose names are known.
 */
export function row(summary, view, state, agents) {
  const shows = [summary, view, state, agents.length, waited(summary), brief(summary.updated_at)];
  return { key: summary.number, signature: JSON.stringify(shows), build: () => build(summary, view, state, agents) };
}

function build(summary, view, { open, chosen }, agents) {
  const { number, unread } = summary;
  const link = h(
    "a",
    {
      class: `row${unread ? " is-unread" : ""}${chosen ? " is-chosen" : ""}`,
      href: href(view, number),
      "aria-current": open ? "page" : null,
      "data-number": number,
    },
    face(summary),
    h("span", { class: "row-top" }, priority(summary), name(summary), when(summary)),
    h("span", { class: "row-bottom" }, preview(summary, agents), marks(summary)),
  );
  const pick = h("input", {
    type: "checkbox",
    class: "row-pick",
    checked: chosen,
    tabindex: "-1",
    "aria-label": t("inbox.pick", { number, name: named(summary.contact) }),
    "data-pick": number,
  });
  return h("li", { class: "row-place" }, link, pick);
}

// Where there are several sites, each has its colour.
function face({ contact, site }) {
  const mark = h(
    "span",
    { class: "row-face", "aria-hidden": "true" },
    contact.name ? initials(contact.name) : icon("person"),
  );
  if (boot.sites.length > 1) {
    mark.classList.add("is-site");
    mark.title = site.name;
    mark.style.setProperty("--site", site.color);
  }
  return mark;
}

const name = ({ contact }) => h("bdi", { class: "row-name" }, named(contact));

function priority({ priority: how }) {
  if (!["high", "urgent"].includes(how)) return null;
  const said = t(`inbox.priority.${how}`);
  return h(
    "span",
    { class: `row-priority is-${how}`, title: said },
    icon("flag"),
    h("span", { class: "for-ears" }, said),
  );
}

const waited = ({ waiting_since: since }) => since && short(Math.floor((Date.now() - Date.parse(since)) / MINUTE));

function when(summary) {
  const { waiting_since: since, snoozed_until: until, preview: last } = summary;
  if (until) return h("time", { datetime: until, title: hover(until) }, icon("snoozed"), brief(until));
  if (!since) {
    const at = last?.at ?? summary.updated_at;
    return h("time", { datetime: at, title: hover(at) }, brief(at));
  }
  const late = boot.answer_minutes && Date.now() - Date.parse(since) > boot.answer_minutes * MINUTE;
  return h(
    "time",
    {
      datetime: since,
      class: `row-wait${late ? " is-late" : ""}`,
      title: t("inbox.row.waiting", { time: hover(since) }),
    },
    h("span", { class: "for-ears" }, `${t("inbox.row.waits")} `),
    waited(summary),
  );
}

function preview({ preview: last, held }, agents) {
  if (!last) return h("span", { class: "row-text is-quiet" }, t(held ? "inbox.row.held" : "inbox.row.empty"));
  const text = last.text || t("inbox.row.file");
  return h("bdi", { class: "row-text" }, last.kind === "agent" ? byAgent(last, text, agents) : text);
}

function byAgent({ agent }, text, agents) {
  if (agent === boot.agent.id) return t("inbox.row.you", { text });
  const author = agents.find(({ id }) => id === agent);
  return author ? t("inbox.row.by", { name: author.name.split(" ", 1)[0], text }) : t("inbox.row.reply", { text });
}

function marks({ unread, held, tags, assignee }) {
  return [
    tags.length > 0 && h("span", { class: "row-tag", title: tags.join(", ") }, tags[0]),
    tags.length > 1 && h("span", { class: "row-tags" }, `+${tags.length - 1}`),
    held > 0 && marked("held-mark", "quarantine", t("inbox.row.held_count", { count: held })),
    assignee &&
      h(
        "span",
        { class: "row-assignee", title: t("inbox.row.assignee", { name: assignee.name }) },
        h("span", { "aria-hidden": "true" }, initials(assignee.name)),
        h("span", { class: "for-ears" }, t("inbox.row.assignee", { name: assignee.name })),
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

const marked = (kind, sign, said) =>
  h("span", { class: kind, title: said }, icon(sign), h("span", { class: "for-ears" }, said));
