/** Turns a site's colour into accents that can be read, by the contrast of WCAG 2.2 (1.4.3). */

const ENOUGH = 4.5;
const LIGHT_GROUND = 0.84; // luminance of the darkest light ground that links stand on, --neutral-3
const DARK_GROUND = 0.03; // and of the lightest dark one, --neutral-4

const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const hex = (rgb) =>
  `#${rgb
    .map((c) =>
      Math.round(c * 255)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;

const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16) / 255);

const weigh = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);

/** The relative luminance of a `#rrggbb` colour, 0 to 1. */
export const luminance = (colour) => weigh(parts(colour));

/** Contrast ratio of two luminances. */
export function contrast(one, other) {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** As much black (0) or white (1) mixed in as reading it there takes. */
function readable(rgb, ground, toward) {
  for (let share = 0; ; share += 0.02) {
    const mixed = rgb.map((c) => c + (toward - c) * share);
    if (contrast(weigh(mixed), ground) >= ENOUGH) return hex(mixed);
  }
}

/** What of `tokens.css` follows from a `#rrggbb` colour. */
export function accents(colour) {
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return {};
  const rgb = parts(colour);
  const light = weigh(rgb);
  return {
    "--accent": colour,
    "--on-accent": contrast(light, 0) > contrast(light, 1) ? "#000" : "#fff",
    "--accent-text": `light-dark(${readable(rgb, LIGHT_GROUND, 0)}, ${readable(rgb, DARK_GROUND, 1)})`,
  };
}

export function wear(colour, element = document.documentElement) {
  for (const [name, value] of Object.entries(accents(colour))) element.style.setProperty(name, value);
}
