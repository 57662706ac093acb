/**
 * Calls an agent who looks elsewhere: a tone, a notification of the desktop, a count in the title and on the icon. It
 * says a ticket's number and never who wrote or what.
 */

import { boot } from "./boot.js";
import { devices, registered } from "./push.js";
import { rest } from "./rest.js";
import { play, tune } from "./tone.js";
import { UnseenMentions } from "./unseen-mentions.js";
import { t } from "./words.js";

/** Milliseconds in which of several windows the one that shows the ticket is the first to know of it, and the rest. */
const LET_FIRST = 250;
const REMEMBERED = 5_000;
/** Milliseconds in which several things that an agent hears are one for their devices. */
const TOGETHER = 300;

const pause = (time) =>
  new Promise((resolve) => {
    setTimeout(resolve, time);
  });

/** What a filter holds back counts for nothing. */
const heard = ({ last_seq: last, held }) => last - held;

/**
 * Why an agent is called to a ticket by what was written: the key of what to say, or null. `was` is its summary before,
 * if it was known.
 */
export function reason(was, now) {
  const mine = now.assignee?.id === boot.agent.id;
  if (now.status !== "open" || heard(now) === 0) return null;
  const wrote = now.unread > (was?.unread ?? 0) && heard(now) > (was ? heard(was) : 0);
  if (!wrote || (now.assignee && !mine)) return null;
  return mine ? "mine" : "new";
}

/** Whether it is quiet at a moment: hours as "22:00" to "07:00", which may go past midnight. */
export function isQuiet({ quiet_from: from, quiet_until: until }, zone, moment = new Date()) {
  if (!from || !until || from === until) return false;
  const clock = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone || undefined,
  });
  const now = clock.format(moment);
  return from < until ? from <= now && now < until : from <= now || now < until;
}

export class Notifications {
  /** Where the agent is named and has not looked. */
  mentions;
  #inbox;
  #wanted = boot.notifications;
  #icon = document.querySelector("link[rel=icon]");
  #devices = 0;
  #hearing = null;

  /** @param {import("./model.js").Inbox} inbox */
  constructor(inbox) {
    this.#inbox = inbox;
    this.mentions = new UnseenMentions(inbox);
    inbox.addEventListener("changed", ({ detail: { was, now } }) => this.#changed(was, now));
    inbox.addEventListener("mentioned", ({ detail }) => this.#about("mentioned", detail.ticket, detail.note));
    inbox.addEventListener("assigned", ({ detail }) => this.#about("assigned", detail.ticket, ""));
    inbox.addEventListener("connected", () => this.#count());
    navigator.serviceWorker?.addEventListener("message", ({ data }) => this.#open(data.open));
    navigator.serviceWorker?.startMessages();
    if (this.#wanted.sound) for (const event of ["pointerdown", "keydown"]) addEventListener(event, tune);
  }

  /** Shows on the icon how many wait. */
  count(waiting) {
    this.#icon.href = `/static/${waiting ? "icon-unread" : "icon"}.svg`;
    navigator.setAppBadge?.(waiting).catch(() => {});
  }

  async #count() {
    this.#devices = await devices().catch(() => 0);
  }

  // Who looks at the inbox knows: their devices need not be woken.
  #heard() {
    if (!this.#devices || this.#hearing || !document.hasFocus()) return;
    this.#hearing = setTimeout(() => {
      this.#hearing = null;
      rest("POST", "/push/heard").catch(() => {}); // then the device is woken, and finds this window
    }, TOGETHER);
  }

  #changed(was, now) {
    if (now.unread > (was?.unread ?? 0)) this.#heard();
    const why = reason(was, now);
    if (why) this.#about(why, now.number, now.last_seq);
  }

  #about(why, number, at) {
    this.#heard();
    if (this.#wanted.without.includes(why) || isQuiet(this.#wanted, boot.time_zone)) return;
    const seen = document.hasFocus() && this.#inbox.open?.number === number;
    this.#once(`lethe:${number}:${why}:${at}`, seen, () => this.#call(why, number));
  }

  // Of all windows of this browser one calls, and none where one shows the ticket: that one takes the lock at once.
  async #once(name, seen, call) {
    const { locks } = navigator;
    if (!locks) return seen || call(); // without TLS there are none
    if (!seen) await pause(LET_FIRST);
    return locks.request(name, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      if (!seen) call();
      await pause(REMEMBERED);
    });
  }

  async #call(why, number) {
    if (this.#wanted.sound) play();
    if (!this.#wanted.desktop || document.hasFocus() || globalThis.Notification?.permission !== "granted") return;
    const title = t(`inbox.call.${why}`, { number });
    const said = { tag: `lethe-${number}`, icon: "/static/icon-192.png", data: number };
    // By the worker, where there is one: what wakes it for the same ticket takes this one's place.
    const worker = await registered();
    if (worker) return worker.showNotification(title, said);
    const shown = new Notification(title, said);
    shown.addEventListener("click", () => {
      focus();
      this.#open(number);
      shown.close();
    });
    return undefined;
  }

  #open(number) {
    this.#inbox.dispatchEvent(new CustomEvent("called", { detail: number }));
  }
}
