/** What is said in the place of somebody who was erased: when, at whose word, how far it is, under which number. */

import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { date, moment } from "./time.js";
import { t } from "./words.js";

/** The two sentences about an `erasure` frame; whoever may oversee erasures gets a link to its page. */
export function erasedLines({ erasure: id, source, state, requested_at: at, due_at: due }) {
  const oversees = boot.agent.permissions.includes("erasure.oversee");
  const waits = state !== "done" && due > at;
  const how = t(`erased.${waits ? "later" : state === "done" ? "done" : "now"}`, { date: date(due) });
  const number = h("code", { title: id }, `…${id.slice(-8)}`);
  return [
    h("p", { class: "state-title" }, t(`erased.${source}`, { time: moment(at) })),
    h("p", {}, how, " ", oversees ? h("a", { href: `/admin/erasures/${id}`, class: "number-link" }, number) : number),
  ];
}
