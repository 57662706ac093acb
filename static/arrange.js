/** Puts rows in their order, and moves or makes anew no more of them than it must. */

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
