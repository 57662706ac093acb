/** Blocking a contact, which ends by itself: the part of their card, and the step itself. */

import { confirmed } from "./confirm-dialog.js";
import { h } from "./common/dom.js";
import { rest } from "./rest.js";
import { date } from "./time.js";
import { named, t } from "./words.js";

const DAYS = 30;

/** Blocks a contact by id, and answers until when; throws a Problem. */
export async function block(contact) {
  const { blocked_until: until } = await rest("PUT", `/contacts/${contact}/block`, { days: DAYS });
  return until;
}

/** Says whether a `contact` is blocked, and blocks them or ends it; `say` how that went, `changed` once it did. */
export function blockingSection(contact, { say, changed }) {
  const until = contact.blocked_until;
  const work = until ? unblocked : blocked;
  const click = async () => {
    try {
      const done = await work(contact);
      if (!done) return;
      say(done);
      await changed();
    } catch (problem) {
      say(t(problem.status ? "inbox.refused" : "inbox.unreachable"));
    }
  };
  return h(
    "section",
    { class: "blocking" },
    h("h3", {}, t("contact.block.heading")),
    h("p", { class: "is-quiet" }, until ? t("contact.blocked", { date: date(until) }) : t("contact.block.how")),
    h("button", { class: "button", type: "button", click }, t(until ? "contact.unblock" : "contact.block")),
  );
}

async function blocked(contact) {
  const name = named(contact, "contact.this_visitor");
  const title = t("contact.block.title", { name });
  const sure = await confirmed({ title, lines: [t("contact.block.lines")], action: t("contact.block.action") });
  return sure && t("contact.block.done", { name, date: date(await block(contact.id)) });
}

async function unblocked(contact) {
  await rest("DELETE", `/contacts/${contact.id}/block`);
  return t("contact.unblock.done", { name: named(contact, "contact.this_visitor") });
}
