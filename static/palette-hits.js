/** What search found, as lines of the palette. What strangers wrote is text and never markup. */

import { h } from "./common/dom.js";
import { brief, hover } from "./time.js";
import { named, t } from "./words.js";

/** A hit: whose ticket it is and when, and the line with what was found marked. */
export function hit({ found, ticket, at, parts, status, contact, held }) {
  return [
    h(
      "span",
      { class: "hit-head" },
      h("span", { class: "hit-who" }, h("bdi", {}, named(contact)), ` #${ticket}`),
      found !== "message" && h("span", { class: "tag" }, t(`palette.in.${found}`)),
      status !== "open" &&
        h("span", { class: status === "trash" ? "tag is-warning" : "tag" }, t(`inbox.status.${status}`)),
      held && h("span", { class: "tag is-warning" }, t("inbox.view.quarantine")),
      h("time", { datetime: at, title: hover(at) }, brief(at)),
    ),
    h(
      "bdi",
      { class: "hit-line" },
      parts.map((part, place) => (place % 2 ? h("mark", {}, part) : part)),
    ),
  ];
}

/** The entry of its ticket in which a hit is, or null: a name or a tag stands in none. */
export const entryOf = ({ found, seq }) => (["message", "note"].includes(found) && seq ? `${found}-${seq}` : null);

/** The view in which a hit's ticket is. */
export const viewOf = ({ status, held }) => (held ? "quarantine" : status);
