/** The page's words: every sentence comes from the locale file the page was given, never from code. */

import { boot } from "./boot.js";
import { filler } from "./common/texts.js";

const fill = filler(boot.locale);

/** The text of `key`, its {places} filled from `values`; with a `count` the plural form that fits it. */
export const t = (key, values) => fill(boot.strings, key, values);

/** What to call a contact, agent or site: its name, or the word for one without. */
export const named = (someone, fallback = "inbox.visitor") => someone?.name || t(fallback);
