/** The address names what is open: /inbox/{view}/{number}. Going somewhere is changing it. */

import { FIXED } from "./views.js";

const MORE = /^(department|site|tag|saved)-[\w-]+$/;

const NAMES = /^\/inbox(?:\/([\w-]+)(?:\/(\d+))?)?\/*(?:#(.*))?$/;
const ENTRY = /^(message|note)-\d+$/;

/**
 * What an address names: {view, number, entry}; no view is null, an unknown one "open", no ticket is null; `entry` is
 * the one of the ticket that is to be shown ("message-12", "note-3"), or null.
 */
export function read(address = location.pathname + location.hash) {
  const [, view = null, number, entry] = NAMES.exec(address) ?? [];
  const known = view === null || FIXED.includes(view) || MORE.test(view);
  return {
    view: known ? view : "open",
    number: number ? Number(number) : null,
    entry: number && ENTRY.test(entry) ? entry : null,
  };
}

export const href = (view, number = null, entry = null) =>
  `/inbox/${view}${number === null ? "" : `/${number}`}${entry ? `#${entry}` : ""}`;

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

  /**
   * Goes to a ticket, to an `entry` of it, or to a view; with `instead` the browser's button back does not lead to where
   * one was.
   */
  go(view, number = null, { instead = false, entry = null } = {}) {
    const there = location.pathname === href(view, number);
    if (there && !entry) return;
    history[instead || there ? "replaceState" : "pushState"](null, "", href(view, number, entry));
    this.#arrived();
  }

  // Links stay links: a modified click still opens its own tab.
  #click(event) {
    const link = event.target.closest?.("a[href^='/inbox/']");
    if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const { view, number, entry } = read(link.pathname + link.hash);
    this.go(view, number, { entry });
  }

  #arrived() {
    this.dispatchEvent(new Event("change"));
  }
}
