/** What the contact's card says of a contact: who it is, what they agreed to, their other tickets. */

import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { corrected } from "./contact-correction.js";
import { href } from "./route.js";
import { brief, date, hover } from "./time.js";
import { named, t } from "./words.js";
import "./ticket-fields.js";
import "./ticket-tags.js";
export { blockingSection } from "./blocking.js";

/** Who it is, to be corrected by whoever may; `around` says how that went, and hears that it did. */
export function who(contact, around) {
  const correct = boot.agent.permissions.includes("contact.change") && (() => correcting(contact, around));
  const pair = (key, value, quiet) => [
    h("dt", {}, t(key)),
    h("dd", { class: quiet ? "is-quiet" : null }, h("bdi", {}, value)),
  ];
  return h(
    "section",
    {},
    h(
      "dl",
      { class: "facts" },
      pair("contact.name", contact.name ?? t("contact.not_given"), !contact.name),
      pair("contact.email", contact.email ?? t("contact.not_given"), !contact.email),
      contact.phone && pair("contact.phone", contact.phone),
      contact.verified && customer(contact.external_id),
      contact.fields.map(({ label, value }) => [h("dt", {}, h("bdi", {}, label)), h("dd", {}, h("bdi", {}, value))]),
      contact.merged.length > 0 && pair("contact.merged", t("contact.merged.count", { count: contact.merged.length })),
      pair("contact.site", contact.site.name),
      pair("contact.language", t(`language.${contact.locale}`)),
      pair("contact.since", date(contact.created_at)),
    ),
    correct && h("button", { class: "button correct", type: "button", click: correct }, t("contact.correct")),
    boot.agent.permissions.includes("contact.merge") &&
      h("a", { class: "button", href: `/admin/contacts/${contact.id}/merge` }, t("contact.merge")),
  );
}

/** The shop has proven this id, and nothing else of what is said here. */
const customer = (id) => [
  h("dt", {}, t("contact.customer")),
  h("dd", {}, h("bdi", {}, id), " ", h("span", { class: "tag is-good" }, t("contact.verified"))),
];

/**
 * What they agreed to and took back, first to last; with the contact's `id` also the signed receipts, to be saved.
 * `bounced`: nobody is at the address that an answer was mailed to.
 */
export function consents(all, bounced, id = null) {
  const answer = ([purpose, agreed]) =>
    h(
      "li",
      { class: agreed ? "is-yes" : "is-no" },
      t("contact.consent.answer", { purpose: t(`purpose.${purpose}`), answer: t(agreed ? "common.yes" : "common.no") }),
    );
  const one = ({ action, version, purposes, at }) =>
    h(
      "li",
      {},
      h(
        "p",
        { class: "consent-head" },
        h("strong", {}, t(`contact.consent.${action}`)),
        " ",
        h("time", { datetime: at, title: hover(at) }, date(at)),
        ", ",
        t("contact.consent.notice", { version }),
      ),
      action !== "withdrawn" && h("ul", {}, Object.entries(purposes).map(answer)),
    );
  return h(
    "section",
    {},
    h("h3", {}, t("contact.consents")),
    bounced && h("p", { class: "hint is-warning" }, t("contact.bounced")),
    h("ol", { class: "consents" }, all.map(one)),
    id &&
      h(
        "a",
        { class: "button", href: `/api/v1/contacts/${id}/consents`, download: `receipts-${id.slice(-8)}.json` },
        t("contact.receipts"),
      ),
  );
}

/** Their tickets but the one that is `open`, if one is. */
export function others(tickets, open) {
  const rest = tickets.filter(({ number }) => number !== open?.number);
  const line = ({ number, status, updated_at: at }) =>
    h(
      "li",
      {},
      h("a", { href: href(status === "trash" ? "open" : status, number) }, `#${number}`),
      h("span", {}, t(`inbox.status.${status}`)),
      h("time", { datetime: at, title: hover(at) }, brief(at)),
    );
  return h(
    "section",
    { class: "others" },
    h("h3", {}, t(open ? "contact.tickets" : "contact.tickets.all")),
    rest.length
      ? h("ul", { class: "contact-tickets" }, rest.map(line))
      : h("p", { class: "is-quiet" }, t(open ? "contact.tickets.none" : "contact.tickets.nothing")),
  );
}

async function correcting(contact, { say, corrected: done }) {
  try {
    if (!(await corrected(contact.id, named(contact, "contact.this_visitor")))) return;
    await done();
    say(t("contact.corrected"));
  } catch (problem) {
    say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
  }
}
