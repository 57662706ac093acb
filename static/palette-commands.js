/** What the palette does besides searching: it goes somewhere, or does something to the ticket in focus. */

import { boot } from "./boot.js";
import { href } from "./route.js";
import { FIXED } from "./views.js";
import { t } from "./words.js";

const PLACES = [
  ...(boot.agent.permissions.includes("contact.read") ? [["/contacts", "page.contacts"]] : []),
  ["/profile", "page.profile"],
  ["/admin", "page.settings"],
];

const plain = (text) => text.normalize("NFD").replaceAll(/\p{M}/gu, "").toLocaleLowerCase(boot.locale);

/** Whether each word of what was typed begins a word of `text`, whatever the case and accents. */
export function fits(text, typed) {
  const words = plain(text).split(/[\s#]+/u);
  return plain(typed)
    .split(/[\s#]+/u)
    .every((asked) => words.some((word) => word.startsWith(asked)));
}

/** The commands {text, run} that fit what was typed: those of the `inbox`'s open ticket first, `go` leads to an address. */
export function commands(typed, inbox, go) {
  const all = [...ticketed(inbox), ...places(go)].filter(({ text }) => fits(text, typed));
  const number = /^#?(\d{1,9})$/.exec(typed.trim())?.[1];
  if (!number) return all;
  return [{ text: t("palette.go.ticket", { number }), run: () => go(href("open", Number(number))) }, ...all];
}

function ticketed(inbox) {
  const summary = inbox.open?.gone ? null : inbox.open?.summary;
  if (!summary) return [];
  const { number, status, assignee } = summary;
  const change = (text, changes) => ({ text, run: () => inbox.change(number, changes), number });
  const solve = () => inbox.dispatchEvent(new CustomEvent("solve", { detail: number }));
  const merge = () => inbox.dispatchEvent(new Event("merge"));
  const others = inbox.agents.filter(({ id }) => id !== assignee?.id && id !== boot.agent.id);
  return [
    status !== "solved" && { text: t("palette.solve", { number }), run: solve, number },
    status !== "open" && change(t("palette.open", { number }), { status: "open" }),
    assignee?.id !== boot.agent.id && change(t("palette.assign.me", { number }), { assignee: boot.agent.id }),
    status !== "trash" && { text: t("palette.merge", { number }), run: merge, number },
    ...others.map(({ id, name }) => change(t("palette.assign", { number, name }), { assignee: id })),
  ].filter(Boolean);
}

function places(go) {
  return [
    ...FIXED.map((view) => ({ text: t("palette.go", { place: t(`inbox.view.${view}`) }), run: () => go(href(view)) })),
    ...PLACES.map(([path, key]) => ({ text: t("palette.go", { place: t(key) }), run: () => go(path) })),
  ];
}
