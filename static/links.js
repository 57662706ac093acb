/** Turns the web addresses in a text into links that name the host they lead to; the rest stays text. */

import { parts } from "./common/addresses.js";
import { h } from "./common/dom.js";

/** The nodes of `text`, each http(s) address a link that opens apart and tells the other side nothing. */
export const linked = (text) => parts(text).map((part) => (typeof part === "string" ? part : link(part)));

// The host is written out once more in punycode-safe form where the text could be mistaken for another place.
function link({ source, href, host }) {
  const anchor = h("a", { href, rel: "noopener noreferrer nofollow", target: "_blank", title: href }, source);
  const plain = source.replace(/^https?:\/\//i, "").toLowerCase();
  const obvious = plain === host || plain.startsWith(`${host}/`);
  return obvious ? anchor : h("span", {}, anchor, h("span", { class: "link-host" }, ` (${host})`));
}
