/** The address names what is open: /inbox/{view}/{number}. Going somewhere is changing it. */

export const VIEWS = ["open", "mine", "pending", "solved", "quarantine", "trash"];

/** What an address names: {view, number}; an unknown view is "open", no ticket is null. */
export function read(path = location.pathname) {
  const [, view = "open", number] = path.match(/^\/inbox(?:\/([a-z]+)(?:\/(\d+))?)?\/*$/) ?? [];
  return { view: VIEWS.includes(view) ? view : "open", number: number ? Number(number) : null };
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

  go(view, number = null) {
    if (location.pathname === href(view, number)) return;
    history.pushState(null, "", href(view, number));
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
