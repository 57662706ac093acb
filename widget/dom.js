/** Makes elements out of text and attributes; nothing here ever parses markup. */

const SVG = "http://www.w3.org/2000/svg";

/** Line drawings on a 24 by 24 ground. */
const ICONS = {
  more: "M12 5v.01M12 12v.01M12 19v.01",
  close: "M6 6l12 12M18 6L6 18",
  back: "M15 5l-7 7 7 7",
  send: "M5 12h13M12 5l7 7-7 7",
  down: "M6 10l6 6 6-6",
  attach: "M8 12l6-6a3 3 0 0 1 4 4l-8 8a5 5 0 0 1-7-7l8-8",
};

/** Functions among the `attributes` are listeners, `true` sets an empty attribute, `false` and nullish none. */
export function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

export function button(look, click, ...children) {
  return make("button", { type: "button", class: look, click }, ...children);
}

/** Passed over by screen readers: the button around it says what it means. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  svg.firstChild.setAttribute("d", ICONS[name]);
  return svg;
}

export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
