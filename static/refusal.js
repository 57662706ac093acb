/** Why what was asked of a ticket was not done, in words. */

import { t } from "./words.js";

/** The words for a Problem. */
export function refusal({ status, current, why, into }) {
  if (why) return t(`inbox.merge.refused.${why}`, { number: into });
  if (current?.assignee)
    return t("inbox.taken", { number: current.number, name: `\u2068${current.assignee.name}\u2069` });
  return t(status ? "inbox.refused" : "inbox.unreachable");
}
