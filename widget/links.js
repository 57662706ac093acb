/** Makes the addresses in a text links that show where they lead; the rest stays text. */

import { make } from "./dom.js";

const ADDRESS = /https?:\/\/[^\s<>"“”«»]+/giu;
const TRAILING = ".,;:!?'’)]}·…";

/** Closing marks belong to the sentence, unless they close a bracket of the address. */
function trim(found) {
  let end = found.length;
  // Not by a pattern: one tries each mark of many as the first.
  while (end > 0 && TRAILING.includes(found.charAt(end - 1))) end -= 1;
  let address = found.slice(0, end);
  if (address.includes("(") && found.charAt(address.length) === ")") address += ")";
  return address;
}

/** The host stands out, and is named where it is disguised (`https://bank.example@elsewhere.example`). */
function link(address) {
  if (!URL.canParse(address)) return address;
  const { href, host } = new URL(address);
  const start = address.indexOf("//") + 2;
  const plain = address.slice(start, start + host.length).toLowerCase() === host;
  const shown = plain
    ? [address.slice(0, start), make("b", {}, host), address.slice(start + host.length)]
    : [address, make("b", {}, ` (${host})`)];
  return make("a", { href, title: host, target: "_blank", rel: "noopener noreferrer", dir: "ltr" }, ...shown);
}

export function linked(text) {
  const parts = [];
  let done = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = trim(found);
    parts.push(text.slice(done, index), link(address));
    done = index + address.length;
  }
  return [...parts, text.slice(done)];
}
