/** The few signs the inbox draws beside words; all are decoration to a screen reader. */

import { drawing } from "./common/dom.js";

const PATHS = {
  open: "M3 13v5a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2v-5M3 13l3-8h12l3 8M3 13h5l1.5 3h5L16 13h5",
  mine: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 20c.6-3.6 3.4-5.5 7-5.5s6.4 1.9 7 5.5",
  pending: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5V12l3 2",
  solved: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8.3 12.2l2.6 2.6 4.9-5.3",
  quarantine: "M12 3.5 5 6v5.5c0 4.3 2.9 7.5 7 9 4.1-1.5 7-4.7 7-9V6l-7-2.5ZM9.5 9.8l5 5M14.5 9.8l-5 5",
  find: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM15.3 15.3 20 20",
  unassigned: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 20c.6-3.6 3.4-5.5 7-5.5M16 18h5M18.5 15.5v5",
  waiting: "M7 4h10M7 20h10M8 4c0 4 4 5 4 8s-4 4-4 8M16 4c0 4-4 5-4 8s4 4 4 8",
  snoozed: "M4 14a8 8 0 1 0 16 0 8 8 0 0 0-16 0ZM9.5 11h5l-5 6h5M5 4 2.5 6.5M19 4l2.5 2.5",
  mentions: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM16 8.500V13a2.500 2.500 0 0 0 5 0v-1a9 9 0 1 0-3.500 7.100",
  department: "M4 20V8l8-4 8 4v12M4 20h16M9 20v-5h6v5M9 10h.01M15 10h.01",
  site: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3.5 12h17M12 3c5 5.500 5 12.500 0 18M12 3c-5 5.500-5 12.500 0 18",
  tag: "M4 4h7l9 9-7 7-9-9ZM8 8h.01",
  saved: "M6 4h12v16l-6-4-6 4Z",
  add: "M12 6v12M6 12h12",
  edit: "M4 20l1-4L16 5l3 3L8 19ZM14 7l3 3",
  flag: "M6 21V4h11l-2 4 2 4H6",
  back: "M15 5l-7 7 7 7",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM5 20c.6-3.6 3.4-5.5 7-5.5s6.4 1.9 7 5.5",
  close: "M6 6l12 12M18 6 6 18",
  down: "M12 5v14M6 13l6 6 6-6",
  up: "M12 19V5M6 11l6-6 6 6",
  retry: "M4 12a8 8 0 1 1 2.5 5.8M4 19v-4.5h4.5",
  speech:
    "M4 6.5A2.5 2.5 0 0 1 6.5 4h11A2.5 2.5 0 0 1 20 6.5v7a2.5 2.5 0 0 1-2.5 2.5H11l-4.5 4v-4A2.5 2.5 0 0 1 4 13.5Z",
  attach: "M8 12.5l6.2-6.2a3 3 0 0 1 4.3 4.3l-8.3 8.2a5 5 0 0 1-7-7l8-8",
  file: "M7 3.5h7l4 4v13H7ZM14 3.5v4h4M10 13h5M10 16.5h5",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 11v5M13.7 11v5",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM9 10h.01M15 10h.01M8.5 14.5c1.9 2.3 5.1 2.3 7 0",
  pencil: "M4 20l1-4.5L16 4.5l3.5 3.5L8.5 19ZM14 6.5l3.5 3.5",
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6Z",
};

/** The sign `name` as a 20 px drawing that takes the colour of the text around it. */
export const icon = (name) => drawing(name, PATHS[name]);
