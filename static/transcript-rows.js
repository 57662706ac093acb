/**
 * What stands in a transcript, line by line: days, system lines, groups of one author's messages, notes, held messages.
 */

import { agentFace, me } from "./agent-face.js";
import { h } from "./common/dom.js";
import { icon } from "./icons.js";
import { linked } from "./links.js";
import { bytes } from "./sizes.js";
import { systemLine } from "./system-entry.js";
import { clock, date, day, daysAgo, hover } from "./time.js";
import { t } from "./words.js";

const SHOWN_WIDE = 240;
const SHOWN_HIGH = 200;
const GROUP = 2 * 60_000;
const CHANGED_WITHIN = 5 * 60_000;

/**
 * The rows, as Kept takes them, of a transcript's `entries` and what is `unacked` after them.
 * `read` says how far the visitor, called `visitor`, has read; `act` holds what the buttons do: {reveal, release,
 * retry, discard, redact, removeFile}.
 */
export function rows({ entries, unacked, read, visitor, act }) {
  const all = [...entries, ...unacked.map(mine)];
  const last = entries.findLast((entry) => seenBy(entry, read));
  const own = ownLast(entries);
  return all.flatMap((entry, place) => {
    const before = all[place - 1];
    const newDay = !before || daysAgo(before.at) !== daysAgo(entry.at);
    const first = newDay || !together(before, entry);
    return [
      newDay && dayRow(entry),
      entryRow(entry, { first, seen: entry === last, own: entry === own, visitor, act }),
    ].filter(Boolean);
  });
}

const mine = (entry) => ({ ...entry, author: me });

const kindOf = (entry) => (["note", "system"].includes(entry.type) ? entry.type : entry.author.kind);

/** What its writer may change still: the server says whether, this only whether to ask. */
export const ownLast = (entries) => {
  const own = entries.findLast(
    ({ type, seq, author }) => type === "message" && seq && author.kind === "agent" && author.name === me.name,
  );
  return own?.text && Date.now() - Date.parse(own.at) < CHANGED_WITHIN ? own : undefined;
};

const seenBy = (entry, read) => kindOf(entry) === "agent" && entry.seq && entry.seq <= (read.visitor ?? 0);

function together(one, other) {
  const near = Date.parse(other.at) - Date.parse(one.at) < GROUP;
  return near && kindOf(one) === kindOf(other) && one.author.name === other.author.name && !one.held && !other.held;
}

function dayRow({ at }) {
  const text = day(at);
  const made = () =>
    h("li", { class: "day" }, h("span", { class: "not-print" }, text), h("span", { class: "only-print" }, date(at)));
  return { key: `day ${text}`, signature: text, build: made };
}

function entryRow(entry, { first, seen, own, visitor, act }) {
  const { state, code, held, text, attachments, edited } = entry;
  return {
    key: entry.id ?? `${entry.type} ${entry.seq ?? entry.entry}`,
    signature: JSON.stringify([first, seen, own, visitor, state, code, held, text, attachments, edited]),
    build: () => build(entry, { first, seen, own, visitor, act }),
  };
}

function build(entry, { first, seen, own, visitor, act }) {
  const kind = kindOf(entry);
  if (entry.type === "system") return systemLine(entry, visitor);
  if (kind === "system") return h("li", { class: "system" }, h("bdi", {}, entry.text), " ", moment(entry));
  const classes = [
    "entry",
    `is-${kind}`,
    first && "is-first",
    entry.held && "is-held",
    entry.state && `is-${entry.state}`,
  ];
  return h(
    "li",
    { class: classes.filter(Boolean).join(" "), "data-seq": entry.seq, "data-entry": nameOf(entry) },
    first && head(entry, kind, visitor),
    entry.held ? heldBubble(entry, act) : bubble(entry),
    files(entry, act),
    foot(entry, seen, act),
    tools(entry, act, own),
  );
}

// What an address calls it by.
const nameOf = ({ type, seq, note }) => (seq || note ? `${type}-${seq ?? note}` : null);

function head(entry, kind, visitor) {
  const agent = entry.author.name ?? (entry.author.kind === "agent" ? t("transcript.former") : "");
  const name = kind === "visitor" ? visitor : agent;
  return h(
    "p",
    { class: "entry-head" },
    entry.author.kind === "agent" && agentFace(entry.author),
    h("bdi", { class: "entry-name" }, name),
    " ",
    moment(entry),
    kind === "note" && h("span", { class: "note-label" }, icon("lock"), t("inbox.note.only_agents")),
  );
}

const moment = ({ at }) => h("time", { datetime: at, title: hover(at) }, clock(at));

function bubble({ text, at }) {
  if (text === "") return null;
  if (text === null) return h("p", { class: "bubble is-gone" }, t("inbox.redacted"));
  return h("p", { class: "bubble", dir: "auto", title: hover(at) }, linked(text));
}

function heldBubble({ seq, text }, act) {
  const shown = text !== undefined;
  return h(
    "div",
    { class: "bubble" },
    h("p", { class: "held-label" }, icon("quarantine"), t(shown ? "inbox.held.shown" : "inbox.held.hidden")),
    shown && h("p", { class: "held-text", dir: "auto" }, text),
    h(
      "p",
      { class: "held-actions" },
      !shown && button("inbox.held.show", () => act.reveal(seq)),
      button("inbox.not_spam", () => act.release()),
    ),
  );
}

function files({ attachments = [], text, held }, act) {
  if (!attachments.length || text === null) return null;
  return h(
    "ul",
    { class: "files" },
    attachments.map((file) =>
      h(
        "li",
        {},
        face(file),
        file.sent !== undefined && h("progress", { value: file.sent, "aria-label": file.name }),
        file.id && !held && act.removeFile && button("inbox.file.delete", () => act.removeFile(file)),
      ),
    ),
  );
}

function face({ id, name, preview, ...shape }) {
  if (!id) return h("bdi", {}, name);
  const at = `/api/v1/attachments/${id}`;
  const link = h(
    "a",
    { href: at, download: name, class: preview ? null : "file" },
    preview ? picture(`${at}?small=true`, shape) : icon("file"),
    h("bdi", {}, name),
  );
  return [link, h("span", { class: "file-size" }, bytes(shape.size))];
}

// Its place is kept free before it comes, so that the end of the transcript stays where it is.
function picture(src, { width, height }) {
  const scale = width && Math.min(1, SHOWN_WIDE / width, SHOWN_HIGH / height);
  const kept = width && {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  return h("img", { src, alt: "", ...kept });
}

const tools = ({ type, seq, text, author, held }, act, own) =>
  type === "message" &&
  seq &&
  text !== null &&
  !held &&
  author.kind !== "system" &&
  h(
    "p",
    { class: "entry-tools" },
    own && act.edit && sign("pencil", "inbox.edit", () => act.edit(seq, text)),
    h(
      "button",
      {
        class: "button is-icon",
        type: "button",
        title: t("inbox.redact"),
        "aria-label": t("inbox.redact"),
        click: () => act.redact(seq),
      },
      icon("trash"),
    ),
  );

function foot({ id, state, code, edited, text }, seen, act) {
  if (state === "failed") {
    return h(
      "p",
      { class: "entry-foot is-failed", role: "alert" },
      t("inbox.failed", { why: reason(code) }),
      " ",
      button("common.try_again", () => act.retry(id)),
      " ",
      button("inbox.discard", () => act.discard(id)),
    );
  }
  const mark = state === "sending" ? "inbox.sending" : seen && "inbox.seen";
  const marks = [edited && text && t("inbox.edited"), mark && t(mark)].filter(Boolean);
  return marks.length > 0 && h("p", { class: "entry-foot" }, marks.join(" · "));
}

const REASONS = new Set([
  "ended",
  "rate_limited",
  "too_large",
  "not_found",
  "forbidden",
  "unavailable",
  "file_refused",
  "mention_refused",
  "file_too_large",
  "reply_file_gone",
]);
const reason = (code) => t(`inbox.why.${REASONS.has(code) ? code : "unavailable"}`);

const sign = (name, key, click) =>
  h("button", { class: "button is-icon", type: "button", title: t(key), "aria-label": t(key), click }, icon(name));

const button = (key, click) => h("button", { class: "link-button", type: "button", click }, t(key));
