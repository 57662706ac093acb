/** Makes the addresses in a text links that show where they lead; the rest stays text. */

import { parts } from "/static/common/addresses.js";
import { h } from "/static/common/dom.js";

export const linked = (text) => parts(text).map((part) => (typeof part === "string" ? part : link(part)));

/** The host stands out, and is named where it is disguised (`https://bank.example@elsewhere.example`). */
function link({ source, href, host }) {
  const start = source.indexOf("//") + 2;
  const plain = source.slice(start, start + host.length).toLowerCase() === host;
  const shown = plain
    ? [source.slice(0, start), h("b", {}, host), source.slice(start + host.length)]
    : [source, h("b", {}, ` (${host})`)];
  return h("a", { href, title: host, target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, ...shown);
}
