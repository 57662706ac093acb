/** What a system entry of a ticket says, in words: what was done, by whom, when; only agents see it. */

import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { clock, hover, minute } from "./time.js";
import { named, t } from "./words.js";

const apart = (text) => `\u2068${text}\u2069`;
const agent = (someone) => apart(named(someone, "transcript.former"));

/** The line of an entry; `visitor` is what the ticket's contact is called. */
export const systemLine = (entry, visitor) =>
  h("li", { class: "system" }, h("bdi", {}, said(entry, visitor)), " ", moment(entry));

const moment = ({ at }) => h("time", { datetime: at, title: hover(at) }, clock(at));

function said(entry, visitor) {
  const { author, assignee, department, number, until, tags } = entry;
  const values = {
    by: author.kind === "visitor" ? apart(visitor) : author.kind === "agent" ? agent(author) : t("transcript.system"),
    assignee: agent(assignee),
    department: apart(named(department, "inbox.system.gone")),
    added: apart(tags?.added.join(", ") ?? ""),
    removed: apart(tags?.removed.join(", ") ?? ""),
    number,
    until: until && minute(until),
  };
  return t(key(entry), values);
}

function key({ kind, author, tags }) {
  if (kind === "tagged") {
    const what = tags?.added.length && tags.removed.length ? "both" : tags?.added.length ? "added" : "removed";
    return `inbox.system.tagged.${what}`;
  }
  const alone = `inbox.system.${kind}.auto`;
  return author.kind === "system" && alone in boot.strings ? alone : `inbox.system.${kind}`;
}
