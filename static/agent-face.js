/** How an agent looks beside what they wrote: their portrait, or the first letters of their name. */

import { boot } from "./boot.js";
import { h } from "./common/dom.js";

/** Who is signed in, as an author. */
export const me = { kind: "agent", name: boot.agent.name, portrait: boot.agent.portrait };

/** A portrait that was taken away meanwhile leaves its place empty. */
export function agentFace({ name, portrait }) {
  if (portrait) return h("img", { class: "face", src: `/portraits/${portrait}`, alt: "", width: 24, height: 24 });
  return name ? h("span", { class: "face", "aria-hidden": "true" }, initials(name)) : null;
}

export function initials(name) {
  const words = name.trim().split(/\s+/u);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => [...word][0]).join("");
}
