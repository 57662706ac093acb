/** Builds elements from names, attributes and text. Nothing anybody wrote is ever read as markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element `name` with `attributes` and `children`: nodes, text, or lists of them; null and false are left out.
 * A function among the attributes is a listener, true stands without a value, false and null are left out.
 */
export function h(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (value !== false && value != null) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** A line drawing on a ground of 24 by 24. Passed over by screen readers: the words beside it say what it means. */
export function drawing(name, path) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(document.createElementNS(SVG, "path"));
  svg.firstChild.setAttribute("d", path);
  return svg;
}

/** Saves a file to wherever its reader keeps such things. */
export function download(blob, name) {
  const href = URL.createObjectURL(blob);
  h("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 1000);
}

/** Registers a custom element once, however often its module is loaded. */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
