/** Finds the web addresses in a text, in the widget and in the inbox alike. */

const ADDRESS = /https?:\/\/[^\s<>"“”«»]+/giu;
const TRAILING = ".,;:!?'’)]}·…";
const OPENING = "([{";
const CLOSING = ")]}";

/** The parts of a text, none of them empty: strings, and {source, href, host} for each http(s) address. */
export function parts(text) {
  const found = [];
  let from = 0;
  for (const { 0: match, index } of text.matchAll(ADDRESS)) {
    const source = trimmed(match);
    if (!URL.canParse(source)) continue;
    const { href, host } = new URL(source);
    found.push(text.slice(from, index), { source, href, host });
    from = index + source.length;
  }
  return [...found, text.slice(from)].filter((part) => part !== "");
}

/** Marks at its end belong to the sentence, but for a bracket that closes what the address itself opened. */
function trimmed(match) {
  let end = match.length;
  // Not by a pattern: one tries each mark of many as the first.
  while (end > 0 && TRAILING.includes(match.charAt(end - 1))) end -= 1;
  let open = 0;
  for (const mark of match.slice(0, end)) {
    if (OPENING.includes(mark)) open += 1;
    else if (CLOSING.includes(mark) && open > 0) open -= 1;
  }
  for (; open > 0 && end < match.length && CLOSING.includes(match.charAt(end)); open -= 1) end += 1;
  return match.slice(0, end);
}
