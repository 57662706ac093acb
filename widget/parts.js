/** What the first page does not need, by the part of the strings that it says. */

import { Refusal } from "./visitor-api.js";

const PARTS = {
  chat: () => import("./chat.js"),
  edit: () => import("./edit-form.js"),
  rights: () => import("./rights.js"),
};

/** Fetches a part with its words. */
export async function fetchPart(name, words) {
  const parts = Promise.all([PARTS[name](), words.more(name)]);
  return (
    await parts.catch(() => {
      throw new Refusal("unreachable");
    })
  )[0];
}
