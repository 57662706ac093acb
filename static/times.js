/**
 * The times of a page drawn by the server, in the reader's own zone and language; the exact one in UTC stands behind
 * it.
 */

import { date, exact, minute, second } from "./time.js";

const SHOWS = { day: date, minute, second };

for (const element of document.querySelectorAll("time[data-show]")) {
  const { dateTime: at, dataset } = element;
  element.textContent = SHOWS[dataset.show](at);
  element.title = exact(at);
}
