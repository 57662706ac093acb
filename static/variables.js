/** The variables of a saved reply: `{contact.name|there}` is filled when it is inserted, and nothing is sent unfilled. */

const VARIABLE = /\{(\w+\.\w+)(?:\|([^{}\n]*))?\}/g;
const UNFILLED = /\{(?:contact|agent|account|site|ticket)\.\w+(?:\|[^{}\n]*)?\}/;

const first = (name) => name?.trim().split(/\s+/)[0];

/** What a reply to a ticket (its `summary`) by an agent can be filled with, by name. Strangers' braces open nothing. */
export function valuesOf({ summary, agent, account }) {
  const { contact, site, number } = summary;
  const known = {
    "contact.name": contact.name,
    "contact.first_name": first(contact.name),
    "agent.name": agent.alias,
    "agent.first_name": first(agent.alias),
    "account.name": account.name,
    "site.name": site.name,
    "ticket.number": String(number),
  };
  return new Map(Object.entries(known).map(([name, value]) => [name, (value ?? "").replaceAll(/[{}]/g, "")]));
}

/**
 * A text with its variables filled from `values` (a Map), or with what stands behind `|` where nothing is known.
 * `missing` are those that have neither: they stay as they are, for whoever reads it to fill.
 */
export function filled(text, values) {
  const missing = [];
  const made = text.replaceAll(VARIABLE, (whole, name, fallback) => {
    const value = values.get(name) || fallback;
    if (value === undefined) missing.push(whole);
    return value ?? whole;
  });
  return { text: made, missing };
}

/** The first variable in a text that nobody filled, of those that there are or that were `left`; undefined for none. */
export const unfilled = (text, left) => [...left].find((each) => text.includes(each)) ?? text.match(UNFILLED)?.[0];
