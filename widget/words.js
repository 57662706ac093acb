/** Says everything: the locale file's strings, and dates and counts as that language writes them. */

import { daysAgo, filler, span } from "/static/common/texts.js";

const SENTENCES = 3;
const STYLES = {
  time: { timeStyle: "short" },
  day: { dateStyle: "full" },
  date: { dateStyle: "long" },
  moment: { dateStyle: "long", timeStyle: "short" },
};

export class Words {
  locale;
  #strings;
  #fill;
  #variant;
  #parts = new Set();

  constructor(locale, strings) {
    this.locale = locale;
    // British dates for whoever reads English as the British do.
    this.#variant = navigator.languages.find((each) => each.split("-")[0] === locale) ?? locale;
    this.#strings = strings;
    this.#fill = filler(locale);
  }

  /** Fetches a further part of the strings, once. */
  async more(part) {
    if (this.#parts.has(part)) return;
    const found = await fetch(`/widget-assets/locales/${this.locale}.${part}.json`);
    this.#strings = { ...this.#strings, ...(await found.json()) };
    this.#parts.add(part);
  }

  say(key, values) {
    return this.#fill(this.#strings, key, values);
  }

  count(key, count) {
    return this.say(key, { count });
  }

  reason(code) {
    return this.say(`error.${code}` in this.#strings ? `error.${code}` : "error.other");
  }

  failure({ code, problem }) {
    if (code === "rate_limited")
      return this.say("error.wait", { time: span(Math.ceil((problem.retry_after ?? 60) / 60), this.locale) });
    return this.reason(code);
  }

  /** `style`: time, day, date or moment. */
  when(at, style) {
    return new Intl.DateTimeFormat(this.#variant, STYLES[style]).format(new Date(at));
  }

  /** "Today", "Yesterday", or the whole date. */
  day(at) {
    const days = 0 - daysAgo(at);
    if (days < -1 || days > 0) return this.when(at, "day");
    const word = new Intl.RelativeTimeFormat(this.locale, { numeric: "auto" }).format(days, "day");
    return word.charAt(0).toLocaleUpperCase() + word.slice(1);
  }

  /** The first three sentences. */
  summary(text) {
    const segments = new Intl.Segmenter(this.locale, { granularity: "sentence" }).segment(text);
    const sentences = Array.from(segments, ({ segment }) => segment).filter((sentence) => sentence.trim());
    return sentences.length > SENTENCES ? sentences.slice(0, SENTENCES).join("").trimEnd() : text;
  }
}
