/** Sizes of files as people read them. */

import { boot } from "./boot.js";

const UNITS = ["byte", "kilobyte", "megabyte"];
const FORMATS = UNITS.map(
  (unit) =>
    new Intl.NumberFormat(boot.locale, {
      style: "unit",
      unit,
      unitDisplay: "short",
      maximumFractionDigits: 1,
      maximumSignificantDigits: 3,
    }),
);

/** A number of bytes, as 1.2 MB. */
export function bytes(count) {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return FORMATS[power].format(count / 1000 ** power);
}
