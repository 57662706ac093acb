/** The visitor's requests over HTTP, and the token they are made with, kept only after agreeing. */

import { uuid } from "/static/common/writing.js";

/** Milliseconds after which an answer is taken for lost. */
const PATIENCE = 20_000;

/** Milliseconds to wait for a lock, and for what is stored to be seen by other windows. */
const TURN = 3_000;

/** Named in the receipt: what showed the notice. */
export const BUILD = "lethe-widget 0.1.0";

/** `code` is the contract's, or `unreachable`. */
export class Refusal extends Error {
  constructor(code, problem = {}) {
    super(code);
    this.code = code;
    this.problem = problem;
  }
}

/** Storage throws where a browser denies it to frames: the chat then lasts as long as its page. */
function stored(work) {
  try {
    return work(localStorage);
  } catch {
    return null;
  }
}

/** Holds a lock together with others; gives what lets it go. */
const hold = (name) =>
  new Promise((held, denied) => {
    navigator.locks
      .request(
        name,
        { mode: "shared" },
        () =>
          new Promise((release) => {
            held(release);
          }),
      )
      .catch(denied);
  });

export class VisitorApi {
  #base;
  #key;
  #token = null;
  /** What an agreement is made with: in memory alone, and the same until there is an answer. */
  #id = uuid();
  #release = null;

  constructor(site) {
    this.#base = `/widget/${encodeURIComponent(site)}`;
    this.#key = `lethe:${site}`;
  }

  get token() {
    return this.#token ?? this.#stored?.token;
  }

  get #stored() {
    return stored((storage) => JSON.parse(storage.getItem(this.#key)));
  }

  forget() {
    this.#token = null;
    this.#anew();
    stored((storage) => storage.removeItem(this.#key));
  }

  async config(locale) {
    return (await this.#soon(`/config?locale=${encodeURIComponent(locale)}`)).json();
  }

  /** `{notice_version, consent, fields, locale}`. Said again after a lost answer it is the same agreement. */
  async agree(agreement) {
    await this.#share();
    const release = this.#release;
    const { token, contact_id: contact } = await this.#begin(agreement).catch((refusal) => {
      if (refusal.code !== "not_now") throw refusal;
      this.#anew();
      return this.#begin(agreement);
    });
    const other = this.#stored;
    if (!other) stored((storage) => storage.setItem(this.#key, JSON.stringify({ token, contact })));
    // Another window was quicker: it holds the chat, and whom this one made must not be left behind.
    else if (other.contact !== contact)
      await this.#soon("/sessions", { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
    this.#token = other?.token ?? token;
    setTimeout(() => release?.(), TURN);
  }

  /** Calls `work` when another window of this visitor has agreed, or has taken it back. */
  elsewhere(work) {
    addEventListener("storage", ({ key }) => key === this.#key && work());
  }

  async #begin(agreement) {
    const body = JSON.stringify({ ...agreement, build: BUILD, id: this.#id });
    const answer = await this.#soon("/sessions", {
      method: "POST",
      headers: { "Content-Type": "application/json", Prefer: "return=minimal" },
      body,
    });
    return answer.json();
  }

  /**
   * Windows that agree at the same time do so with one id, so that the server makes one contact. Storage would tell
   * them too late; the name of a lock is there at once, and gone with the windows. Without TLS, or where a browser
   * denies locks to frames, each has an id of its own.
   */
  async #share() {
    if (this.#release) return;
    const { locks } = navigator;
    const mark = `${this.#key}:`;
    await locks
      ?.request(this.#key, { signal: AbortSignal.timeout(TURN) }, async () => {
        const other = (await locks.query()).held.find(({ name }) => name.startsWith(mark));
        if (other) this.#id = other.name.slice(mark.length);
        this.#release = await hold(mark + this.#id);
      })
      .catch(() => {});
  }

  /** Agrees next time as somebody else. */
  #anew() {
    this.#id = uuid();
    this.#release?.();
    this.#release = null;
  }

  async file(id, query = "") {
    return (await this.mine(`/attachments/${id}${query}`)).blob();
  }

  /** Where files go. */
  get uploads() {
    return `${this.#base}/attachments`;
  }

  /** Gives the erasure's number. */
  async withdraw() {
    return (await (await this.mine("/sessions", "DELETE", AbortSignal.timeout(PATIENCE))).json()).erasure_id;
  }

  /** Asks as the visitor. */
  mine(path, method, signal) {
    return this.#ask(path, { method, signal, headers: { Authorization: `Bearer ${this.token}` } });
  }

  /** Where no answer comes, the line is dead. */
  #soon(path, options) {
    return this.#ask(path, { signal: AbortSignal.timeout(PATIENCE), ...options });
  }

  async #ask(path, options) {
    const answer = await fetch(this.#base + path, { cache: "no-store", credentials: "omit", ...options }).catch(
      () => null,
    );
    if (answer?.ok) return answer;
    const problem = await answer?.json().catch(() => null);
    throw new Refusal(answer ? (problem?.code ?? "unavailable") : "unreachable", problem ?? {});
  }
}
