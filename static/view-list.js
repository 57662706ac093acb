/** <view-list>: the views with how many tickets are in each; below a line the departments, sites and tags. */

import { arrange } from "./arrange.js";
import { define, h } from "./common/dom.js";
import { icon } from "./icons.js";
import { href } from "./route.js";
import { askedForView } from "./view-dialog.js";
import { FIXED } from "./views.js";
import { t } from "./words.js";

class ViewList extends HTMLElement {
  #inbox;
  #view = null;
  #unseen = [];
  #links = new Map();
  #add = h(
    "button",
    { class: "view-add", type: "button", title: t("inbox.saved.add"), click: () => this.#keep() },
    icon("add"),
    h("span", { class: "view-name" }, t("inbox.saved.add")),
  );
  #nav = h("nav", { class: "views", "aria-label": t("inbox.views") });
  #more = h("nav", { class: "views is-more", "aria-label": t("inbox.views.more") });

  /** @param {import("./model.js").Inbox} inbox */
  set inbox(inbox) {
    this.#inbox = inbox;
    this.replaceChildren(this.#nav, this.#more);
    inbox.views.addEventListener("change", () => this.#draw());
    this.#draw();
  }

  /** Leads to the tickets with these numbers, one after the other. */
  set mentions(numbers) {
    this.#unseen = numbers;
    this.#draw();
  }

  /** Marks `view` as the one that is shown. */
  show(view) {
    this.#view = view;
    this.#draw();
  }

  #draw() {
    const { more, counts } = this.#inbox.views;
    const fixed = FIXED.map((name) => this.#link(name, t(`inbox.view.${name}`), counts[name], name));
    arrange(this.#nav, [...this.#mentions(), ...fixed]);
    const parts = ["saved", "department", "site", "tag"].filter((kind) => more[kind].length);
    arrange(this.#more, [...parts.flatMap((kind) => this.#part(kind)), this.#add]);
  }

  // No view, as who looks at a ticket has seen it: each click leads to the next.
  #mentions() {
    if (!this.#unseen.length) return [];
    const shown = this.#link("mentions", t("inbox.view.mentions"), this.#unseen.length, "mentions");
    shown.href = href("open", this.#unseen.at(-1));
    return [shown];
  }

  #part(kind) {
    const { more, counts } = this.#inbox.views;
    const links = more[kind].map(({ id, name }) => this.#link(`${kind}-${id}`, name, counts[`${kind}:${id}`], kind));
    return [this.#heading(kind), ...links];
  }

  async #keep() {
    const wanted = await askedForView(this.#inbox);
    if (wanted) this.dispatchEvent(new CustomEvent("keep", { detail: wanted }));
  }

  #heading(kind) {
    const key = `heading ${kind}`;
    if (!this.#links.has(key)) this.#links.set(key, h("h2", { class: "views-heading" }, t(`inbox.views.${kind}`)));
    return this.#links.get(key);
  }

  // Kept, so that what has the focus keeps it while numbers change.
  #link(name, label, count, sign) {
    const kept = this.#links.get(name) ?? link(name, sign);
    this.#links.set(name, kept);
    const [, text, number] = kept.children;
    const shown = count ? String(count) : "";
    if (text.textContent !== label) text.textContent = label;
    if (number.firstChild.textContent !== shown) {
      number.firstChild.textContent = shown;
      number.lastChild.textContent = ` ${t("inbox.views.tickets", { count: count ?? 0 })}`;
    }
    number.hidden = !shown;
    kept.title = label;
    kept.setAttribute("aria-current", name === this.#view ? "page" : "false");
    return kept;
  }
}

function link(name, sign) {
  const number = h("span", { class: "view-count" }, h("span", {}, ""), h("span", { class: "for-ears" }, ""));
  return h("a", { href: href(name), "data-view": name }, icon(sign), h("span", { class: "view-name" }), number);
}

define("view-list", ViewList);
