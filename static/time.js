/** Times as people read them, in the page's locale and the reader's own zone. */

import { boot } from "./boot.js";
import { span as spanOf } from "./common/texts.js";
import { t } from "./words.js";

const DAYS = 86_400_000;

// The reader's own way of writing the page's language; else day before month, as most of the world does.
const LOCALE =
  navigator.languages.find((each) => each.split("-")[0] === boot.locale && each !== "en") ??
  (boot.locale === "en" ? "en-GB" : boot.locale);
const ZONE = known(boot.time_zone);
const format = (options) => new Intl.DateTimeFormat(LOCALE, { timeZone: ZONE, ...options });
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
// 2026-11-23, the one form that is read back the same everywhere.
const DATE = new Intl.DateTimeFormat("sv", { timeZone: ZONE });

/** The zone of the reader's profile, undefined (the device's) where there is none, or this browser knows it not. */
function known(zone) {
  try {
    return zone && new Intl.DateTimeFormat("en", { timeZone: zone }) ? zone : undefined;
  } catch {
    return undefined;
  }
}

/** Whole days between `at` and now, by the calendar of the reader's zone: 0 today, 1 yesterday. */
export function daysAgo(at, now = Date.now()) {
  const midnight = (time) => Date.parse(DATE.format(new Date(time)));
  return Math.round((midnight(now) - midnight(at)) / DAYS);
}

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

/** A wait for the margin of a list, at least a minute: "3m", "5h", "2d". */
export function short(minutes) {
  const [unit, count] =
    minutes < 60 ? ["minute", Math.max(minutes, 1)] : minutes < 1440 ? ["hour", minutes / 60] : ["day", minutes / 1440];
  return new Intl.NumberFormat(LOCALE, { style: "unit", unit, unitDisplay: "narrow" }).format(Math.floor(count));
}
