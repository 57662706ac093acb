/** What of a ticket can be taken elsewhere, as lines of its menu: its address, its transcript by mail, all of it on paper. */

import { boot } from "./boot.js";
import { confirmed } from "./confirm-dialog.js";
import { copied } from "./copy-text.js";
import { item } from "./menu-item.js";
import { rest } from "./rest.js";
import { t } from "./words.js";

const WHY = {
  invalid_field: "inbox.mail.no_address",
  not_found: "inbox.mail.no_mail",
  consent_required: "inbox.mail.ended",
  rate_limited: "inbox.mail.often",
};

/** The lines for the ticket `number`, which is open in `inbox`; `say` says what was done. */
export const papers = (number, inbox, say) => [
  item([t("inbox.more.copy")], async () => {
    const address = `${location.origin}/inbox/open/${number}`;
    say((await copied(address)) ? t("common.copied") : address);
  }),
  boot.agent.permissions.includes("ticket.answer") &&
    item([t("inbox.more.mail")], async () => {
      const said = await mailed(number);
      if (said) say(said);
    }),
  item([t("inbox.more.print")], async () => {
    if (await inbox.earlier.all()) print();
    else say(t("inbox.earlier.failed"));
  }),
];

// The address is not named: whose it is shows when the link is opened there.
async function mailed(number) {
  const asked = {
    title: t("inbox.mail.title", { number }),
    lines: [t("inbox.mail.lines")],
    action: t("inbox.mail.do"),
  };
  if (!(await confirmed({ ...asked, kind: "is-primary" }))) return "";
  try {
    await rest("POST", `/tickets/${number}/transcript`);
    return t("inbox.mail.done", { number });
  } catch ({ status, code }) {
    return t(WHY[code] ?? (status ? "inbox.refused" : "inbox.unreachable"));
  }
}
