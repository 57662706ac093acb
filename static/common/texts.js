/** How the texts of a locale are filled, in the widget and in the inbox alike, and how long a time is. */

const DAY = 86_400_000;

/**
 * A function `(strings, key, values)`: the text of `key`, its {places} filled from `values`; with a `count` the plural
 * form that fits it. What is not there is its key.
 */
export function filler(locale) {
  const plural = new Intl.PluralRules(locale);
  return (strings, key, values = {}) => {
    const form = "count" in values ? `${key}.${plural.select(values.count)}` : key;
    const text = strings[form] ?? strings[`${key}.other`] ?? key;
    return text.replaceAll(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
  };
}

/** Whole days between `at` and now, by the calendar of the reader: 0 today, 1 yesterday. */
export function daysAgo(at, now = Date.now()) {
  const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / DAY);
}

/** A wait in minutes: "5 minutes", and "24 hours" where nobody would count minutes. */
export function span(minutes, locale) {
  const [unit, count] = minutes > 90 ? ["hour", Math.ceil(minutes / 60)] : ["minute", minutes];
  return new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "long" }).format(count);
}
