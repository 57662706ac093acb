/** One change of many tickets at once, and how it is taken back. */

import { rest } from "./rest.js";

const MOST = 200;

/** Changes tickets by number; answers with the numbers of those that were changed; throws a Problem. */
export async function change(numbers, changes) {
  const changed = [];
  for (let from = 0; from < numbers.length; from += MOST) {
    const tickets = numbers.slice(from, from + MOST).map((number) => ({ number }));
    const { items } = await rest("POST", "/tickets/bulk", { tickets, change: changes });
    changed.push(...items.filter(({ outcome }) => outcome === "changed").map(({ number }) => number));
  }
  return changed;
}

/** Changes each of `summaries` as `of` says of it ({status}, {tags}, …): those that change alike together. */
export async function changeEach(summaries, of) {
  const alike = new Map();
  for (const one of summaries) {
    const changes = JSON.stringify(of(one));
    alike.set(changes, [...(alike.get(changes) ?? []), one.number]);
  }
  const changed = [];
  for (const [changes, numbers] of alike) changed.push(...(await change(numbers, JSON.parse(changes))));
  return changed;
}

/** What of a ticket was before a change, to be set again. */
export function before(changes) {
  if ("spam" in changes) return () => ({ spam: !changes.spam });
  return (one) => ({
    ...("status" in changes && { status: one.status }),
    ...("assignee" in changes && { assignee: one.assignee?.id ?? null }),
    ...("tags" in changes && { tags: one.tags }),
  });
}
