/** The page's words: every sentence comes from the locale file the page was given, never from code. */

import { boot } from "./boot.js";

const plural = new Intl.PluralRules(boot.locale);

/** The text of `key`, its {places} filled from `values`; with a `count` the plural form that fits it. */
export function t(key, values = {}) {
  const form = "count" in values ? `${key}.${plural.select(values.count)}` : key;
  const text = boot.strings[form] ?? boot.strings[`${key}.other`] ?? key;
  return text.replaceAll(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
}

/** What to call a contact, agent or site: its name, or the word for one without. */
export const named = (someone, fallback = "inbox.visitor") => someone?.name || t(fallback);
