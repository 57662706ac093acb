/** What writing needs, in the widget and in the inbox alike: one way of counting, of naming and of hearing keys. */

/** The longest text, in characters as `lengthOf` counts them. */
export const LONGEST_TEXT = 10_000;

/** Code points, as the server counts: an emoji of one code point is one character. */
export function lengthOf(text) {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}

/** Half a surrogate pair becomes U+FFFD: no UTF-8 holds it, and the server would refuse the whole frame. */
export const wellFormed = (text) => text.replaceAll(/\p{Surrogate}/gu, "\uFFFD");

/** RFC 9562, version 4; without TLS there is no `crypto.randomUUID`. */
export const uuid = () =>
  "10000000-1000-4000-8000-100000000000".replaceAll(/[018]/g, (digit) =>
    (digit ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (digit / 4)))).toString(16),
  );

/**
 * Whether a key belongs to an input method. Safari ends the composition first: there only 229 tells (WebKit bug
 * 165004).
 */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;

/** Keeps the keys of input methods from every listener on the page; an Escape of theirs closes no dialog either. */
export function shieldComposing() {
  for (const type of ["keydown", "keyup"])
    addEventListener(
      type,
      (event) => {
        if (!isComposing(event)) return;
        event.stopImmediatePropagation();
        if (event.key === "Escape") event.preventDefault();
      },
      true,
    );
}
