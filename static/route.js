/** The address names what is open: /inbox/{view}/{number}. Going somewhere is changing it. */

import { FIXED } from "./views.js";

const MORE = /^(department|site|tag|saved)-[\w-]+$/;

/** What an address names: {view, number}; no view is null, an unknown one "open", no ticket is null. */
export function read(path = location.pathname) {
  const [, view = null, number] = path.match(/^\/inbox(?:\/([\w-]+)(?:\/(\d+))?)?\/*$/) ?? [];
  const known = view === null || FIXED.includes(view) || MORE.test(view);
  return { view: known ? view : "open", number: number ? Number(number) : null };
}

export const href = (view, number = null) => `/inbox/${view}${number === null ? "" : `/${number}`}`;

/** Tells `listener` the place whenever the address changes, by us or by the browser's own buttons. */
export class Route extends EventTarget {
  constructor() {
    super();
    addEventListener("popstate", () => this.#arrived());
    document.addEventListener("click", (event) => this.#click(event));
  }

  get place() {
    return read();
  }

  /** Goes to a ticket or a view; with `instead` the browser's button back does not lead to where one was. */
  go(view, number = null, { instead = false } = {}) {
    if (location.pathname === href(view, number)) return;
    history[instead ? "replaceState" : "pushState"](null, "", href(view, number));
    this.#arrived();
  }

  // Links stay links: a modified click still opens its own tab.
  #click(event) {
    const link = event.target.closest?.("a[href^='/inbox/']");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { view, number } = read(link.pathname);
    this.go(view, number);
  }

  #arrived() {
    this.dispatchEvent(new Event("change"));
  }
}
