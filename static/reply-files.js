/** The files of saved replies: on their way into the message that is being written, and from there into its ticket. */

import { rest } from "./rest.js";
import { t } from "./words.js";

/** Brings the files of the replies that were chosen into a tray. Nothing of them is sent before the message is. */
export class ReplyFiles {
  #tray;
  #missing;
  #round = 0;
  #coming = 0;
  #send = null;

  /**
   * @param {import("./file-tray.js").FileTray} tray
   * @param {(why: string) => void} missing hears why not all files of a reply are there
   */
  constructor(tray, missing) {
    this.#tray = tray;
    this.#missing = missing;
  }

  /** Whether some are on their way; then `send` is called once all are there, and not where one is missing. */
  awaited(send) {
    if (this.#coming) this.#send = send;
    return this.#coming > 0;
  }

  async bring({ id, department }) {
    const round = this.#round;
    this.#coming += 1;
    const { items = [], why = "" } = await read(`/${department === undefined ? "own" : "canned"}-responses/${id}`);
    if (round !== this.#round) return;
    this.#coming -= 1;
    const wrong = why || this.#tray.add(items.map(({ id: saved, name, size }) => ({ saved, name, size })));
    if (wrong) this.#missing(wrong);
    if (this.#coming && !wrong) return;
    const send = this.#send;
    this.#send = null;
    if (!wrong) send?.();
  }

  /** Lets go of what is on its way: another message is being written. */
  drop() {
    this.#round += 1;
    this.#coming = 0;
    this.#send = null;
  }
}

async function read(reply) {
  try {
    return await rest("GET", `${reply}/attachments`);
  } catch ({ status }) {
    return { why: t(status === 404 ? "replies.files.gone" : "replies.files.unreachable") };
  }
}

/**
 * Copies those of `attachments` that are files of saved replies into a ticket, as `upload` sends up all others. One that
 * is no longer there is marked as `gone`.
 */
export async function copied(attachments, ticket) {
  const waiting = attachments.filter(({ id, saved }) => saved && !id);
  if (waiting.some(({ sent }) => sent !== undefined)) return null;
  for (const each of waiting) each.sent = 0;
  let code = "";
  for (const each of waiting) code ||= await copy(each, ticket);
  for (const each of waiting) delete each.sent;
  return code;
}

async function copy(each, ticket) {
  try {
    Object.assign(each, await rest("POST", `/tickets/${ticket}/response-files`, { file: each.saved }));
    return "";
  } catch ({ status, code }) {
    each.gone = status === 404;
    return each.gone ? "reply_file_gone" : code;
  }
}
