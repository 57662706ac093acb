/** Times as people read them, in the page's locale and the reader's own zone. */

import { boot } from "./boot.js";
import { daysAgo, span as spanOf } from "./common/texts.js";
import { t } from "./words.js";

// The reader's own way of writing the page's language; else day before month, as most of the world does.
const LOCALE =
  navigator.languages.find((each) => each.split("-")[0] === boot.locale && each !== "en") ??
  (boot.locale === "en" ? "en-GB" : boot.locale);
const format = (options) => new Intl.DateTimeFormat(LOCALE, options);
const CLOCK = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const WEEKDAY = format({ weekday: "short" });
const SHORT = format({ day: "numeric", month: "short" });
const SHORT_YEAR = format({ day: "numeric", month: "short", year: "numeric" });
const DAY = format({ weekday: "long", day: "numeric", month: "long" });
const MINUTE = format({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});
const SECOND = format({
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const FULL = format({ dateStyle: "long", timeStyle: "short" });

export const clock = (at) => CLOCK.format(new Date(at));
export const minute = (at) => MINUTE.format(new Date(at));
export const second = (at) => SECOND.format(new Date(at));

/** The exact time, for who must compare it with a log. */
export const exact = (at) => `${at.slice(0, 19).replace("T", " ")} UTC`;

/** What stands behind a short time: the whole one as the reader writes it, and the exact one. */
export const hover = (at) => `${FULL.format(new Date(at))} · ${exact(at)}`;

/** A date for the margin of a list: the time today, the weekday this week, the day else. */
export function brief(at) {
  const date = new Date(at);
  const ago = daysAgo(at);
  if (ago <= 0) return CLOCK.format(date);
  if (ago < 7) return WEEKDAY.format(date);
  return ago < 300 ? SHORT.format(date) : SHORT_YEAR.format(date);
}

/** The heading of a day in a transcript. */
export function day(at) {
  const ago = daysAgo(at);
  if (ago === 0) return t("time.today");
  if (ago === 1) return t("time.yesterday");
  return ago < 300 ? DAY.format(new Date(at)) : SHORT_YEAR.format(new Date(at));
}

/** A moment as it is said in a sentence: the time today, with its day else. */
export const moment = (at) => (daysAgo(at) === 0 ? clock(at) : minute(at));

/** A date that will be read long after: 12 Nov 2026. */
export const date = (at) => SHORT_YEAR.format(new Date(at));

/** A wait in seconds, rounded up to minutes. */
export const span = (seconds) => spanOf(Math.ceil(seconds / 60), boot.locale);
