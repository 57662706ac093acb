/**
 * What the inbox's card and the page of contacts show of a contact, and what can be done there: each by whoever may.
 */

import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { exportSection } from "./contact-export.js";
import { blockingSection } from "./contact-facts.js";
import { h } from "./common/dom.js";
import { askedToHold } from "./hold-dialog.js";
import { rest } from "./rest.js";
import { date } from "./time.js";
import { named, t } from "./words.js";

const { permissions } = boot.agent;
const erases = () => permissions.includes("erasure.confirm");

/**
 * The sections with what can be done about a `contact`. `around`: `say` shows a line for a moment, `changed` hears that
 * it is to be read anew, `gone` that nothing is shown of it any more.
 */
export function contactActions(contact, around) {
  return [
    permissions.includes("contact.export") && exportSection(contact.id, around.say),
    permissions.includes("contact.block") && blockingSection(contact, around),
    permissions.includes("hold.change") && holding(contact, around),
    permissions.includes("erasure.ask") && erasing(contact, around),
  ].filter(Boolean);
}

// Who may only ask has nothing to press while it waits.
function erasing(contact, around) {
  const asked = contact.erasure_ask;
  const waits = asked?.state === "waiting";
  const said = asked && {
    date: date(waits ? asked.asked_at : asked.refused_at),
    until: date(asked.answer_by),
    reason: asked.reason ?? "",
  };
  const click = () => tried(around, () => erase(contact, around));
  return h(
    "section",
    {},
    h("h3", {}, t("contact.forget")),
    asked
      ? h("p", { class: "erasure-asked" }, t(waits ? "contact.ask.waiting" : "contact.ask.refused", said))
      : h("p", { class: "is-quiet" }, t("contact.forget.how")),
    (!waits || erases()) && h("button", { class: "button is-danger-plain", type: "button", click }, t("contact.erase")),
  );
}

function holding(contact, around) {
  const click = () => tried(around, () => hold(contact, around));
  const button = h("button", { class: "button", type: "button", click }, t("hold.button"));
  return h("section", {}, h("h3", {}, t("hold.heading")), h("p", { class: "is-quiet" }, t("hold.how")), button);
}

async function hold(contact, around) {
  const asked = await askedToHold(named(contact, "contact.this_visitor"));
  if (!asked) return;
  await rest("PUT", `/contacts/${contact.id}/hold`, asked);
  around.gone(contact);
  around.say(t("hold.done"));
}

async function erase(contact, around) {
  const { id, tickets } = contact;
  const name = named(contact, "contact.this_visitor");
  const messages = tickets.reduce((sum, ticket) => sum + ticket.last_seq + (ticket.last_note ?? 0), 0);
  const what = `${t("contact.n_tickets", { count: tickets.length })}, ${t("contact.n_messages", { count: messages })}.`;
  const title = t(erases() ? "contact.erase.title" : "contact.ask.title", { name });
  const line = t(erases() ? "contact.erase.lines" : "contact.ask.lines");
  const action = t(erases() ? "contact.erase.action" : "contact.ask.action");
  if (!(await confirmed({ title, lines: [what, line], action }))) return;
  const { erasure_id: number, waits } = await rest("DELETE", `/contacts/${id}`);
  if (waits) {
    around.say(t("contact.asked", { number: number.slice(-8) }));
    await around.changed();
    return;
  }
  around.gone(contact);
  around.say(t("contact.erased", { number: number.slice(-8) }));
}

async function tried(around, work) {
  try {
    await work();
  } catch (problem) {
    around.say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
  }
}

/** What stands where a contact is being read. */
export const skeleton = () =>
  h("section", { class: "skeleton", "aria-busy": "true" }, h("span"), h("span"), h("span"), h("span"));

/** What stands where a contact could not be read; `again` tries once more. */
export const failure = (again) =>
  h(
    "div",
    { class: "state", role: "alert" },
    h("p", {}, t("contact.failed")),
    h("button", { class: "button", type: "button", click: again }, t("common.try_again")),
  );
