/** The widget's buttons, and what is drawn on them. */

import { drawing, h } from "/static/common/dom.js";

const ICONS = {
  more: "M12 5v.01M12 12v.01M12 19v.01",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  send: "M5 12h13M12 5l7 7-7 7",
  down: "M6 10l6 6 6-6",
  attach: "M8 12l6-6a3 3 0 0 1 4 4l-8 8a5 5 0 0 1-7-7l8-8",
};

export function button(look, click, ...children) {
  return h("button", { type: "button", class: look, click }, ...children);
}

export const icon = (name) => drawing(name, ICONS[name]);
