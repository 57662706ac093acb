/** Turns the web addresses in a text into links that name the host they lead to; the rest stays text. */

import { h } from "./dom.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"'«»“”]+/giu;
const TAIL = ".,;:!?…)]}";

/** The nodes of `text`, each http(s) address a link that opens apart and tells the other side nothing. */
export function linked(text) {
  const nodes = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const url = parsed(trimmed(found));
    if (!url) continue;
    nodes.push(text.slice(from, index), link(url));
    from = index + url.source.length;
  }
  return [...nodes, text.slice(from)].filter((node) => node !== "");
}

// Closing marks belong to the sentence. From the end, not by a pattern: one tries each mark of many as the first.
function trimmed(found) {
  let end = found.length;
  while (end > 0 && TAIL.includes(found.charAt(end - 1))) end -= 1;
  return found.slice(0, end);
}

function parsed(source) {
  try {
    const { href, host } = new URL(source);
    return { source, href, host };
  } catch {
    return null;
  }
}

// The host is written out once more in punycode-safe form where the text could be mistaken for another place.
function link({ source, href, host }) {
  const anchor = h("a", { href, rel: "noopener noreferrer nofollow", target: "_blank", title: href }, source);
  const plain = source.replace(/^https?:\/\//i, "").toLowerCase();
  const obvious = plain === host || plain.startsWith(`${host}/`);
  return obvious ? anchor : h("span", {}, anchor, h("span", { class: "link-host" }, ` (${host})`));
}
