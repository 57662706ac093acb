/** Builds elements from names, attributes and text. Nothing anybody wrote is ever read as markup. */

/**
 * An element `name` with `attributes` and `children` (nodes, text or lists of them; null and false are left out).
 * `on` holds listeners; an attribute that is true stands without a value, one that is false or null is left out.
 */
export function h(name, { on = {}, ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value != null) element.setAttribute(key, value === true ? "" : value);
  }
  for (const [type, listener] of Object.entries(on)) element.addEventListener(type, listener);
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Makes `nodes` the children of `parent`, moving only those that stand elsewhere, so focus and scroll are kept. */
export function arrange(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.childNodes]) if (!wanted.has(child)) child.remove();
  let here = parent.firstChild;
  for (const node of nodes) {
    if (node === here) here = here.nextSibling;
    else parent.insertBefore(node, here);
  }
}

/** Nodes made once and kept by key until what they show, their `signature`, changes. */
export class Kept {
  #nodes = new Map();

  /** The node of each of `rows` ({key, signature, build}), made anew only where its signature changed. */
  nodes(rows) {
    const before = this.#nodes;
    this.#nodes = new Map();
    return rows.map(({ key, signature, build }) => {
      const old = before.get(key);
      const kept = old?.signature === signature ? old : { signature, node: build() };
      this.#nodes.set(key, kept);
      return kept.node;
    });
  }
}

/** Registers a custom element once, however often its module is loaded. */
export function define(name, element) {
  if (!customElements.get(name)) customElements.define(name, element);
}
