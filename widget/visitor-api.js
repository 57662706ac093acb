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

/** Tells this browser's windows of a name; null where a browser denies that to frames. */
function channel(name) {
  try {
    return new BroadcastChannel(name);
  } catch {
    return null;
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
  /** Who is signed in on the page: `{user, hash}` or `{jwt}`, or null. It is sent with an agreement, and not before. */
  identity = null;
  #base;
  #key;
  #department = "";
  #windows;
  #kept = null;
  /** What an agreement is made with: in memory alone, and the same until there is an answer. */
  #id = uuid();
  #release = null;

  constructor(site) {
    this.#base = `/widget/${encodeURIComponent(site)}`;
    this.#key = `lethe:${site}`;
    this.#windows = channel(this.#key);
  }

  /** The department that was chosen for a new chat, as a message says it. */
  get to() {
    return this.#department ? { department: this.#department } : {};
  }

  /** The one that was chosen is gone. */
  toNobody() {
    this.#department = "";
  }

  get token() {
    return this.#mine(this.#kept ?? this.#stored)?.token;
  }

  get #stored() {
    return stored((storage) => JSON.parse(storage.getItem(this.#key)));
  }

  /** A signed-in customer's chat is there only while somebody is signed in: who comes after them sees none. */
  #mine(kept) {
    return kept?.signed && !this.identity ? null : kept;
  }

  #keep(kept) {
    this.#kept = kept;
    stored((storage) => storage.setItem(this.#key, JSON.stringify(kept)));
  }

  forget() {
    this.#kept = null;
    this.#anew();
    stored((storage) => storage.removeItem(this.#key));
  }

  /** Nobody is signed in any more, and every window of this browser forgets the chat. */
  leave() {
    this.identity = null;
    this.forget();
    this.#windows?.postMessage("left");
  }

  async config(locale) {
    return (await this.#soon(`/config?locale=${encodeURIComponent(locale)}`)).json();
  }

  /** `{notice_version, notice_sha256, consent, fields, department, locale}`. Said again it is the same agreement. */
  async agree({ department, ...agreement }) {
    this.#department = department;
    await this.#share();
    const release = this.#release;
    const {
      token,
      contact_id: contact,
      signed,
    } = await this.#begin(agreement).catch((refusal) => {
      if (refusal.code === "identity_refused") this.#disown(refusal);
      else if (refusal.code === "not_now") this.#anew();
      else throw refusal;
      return this.#begin(agreement);
    });
    const other = this.#mine(this.#stored);
    if (!other) this.#keep({ token, contact, signed });
    // Another window was quicker: it holds the chat, and whom this one made must not be left behind.
    else if (other.contact !== contact)
      await this.#soon("/sessions", { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
    this.#kept = other ?? this.#kept;
    setTimeout(() => release?.(), TURN);
  }

  /** Settles whose chat this browser keeps with who is signed in: another customer's is forgotten here. */
  async settle() {
    const { identity, token } = this;
    if (!identity || !token) return;
    const body = JSON.stringify(identity);
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
    try {
      const { signed_in: signed } = await (await this.#soon("/identity", { method: "PUT", headers, body })).json();
      if (this.identity === identity) this.#keep({ ...(this.#kept ?? this.#stored), signed });
    } catch (refusal) {
      if (refusal.code === "not_now") this.forget();
      else if (refusal.code === "identity_refused") this.#disown(refusal, identity);
      else if (refusal.code !== "unauthorized") throw refusal;
    }
  }

  /** Said to whoever built the page; to the visitor nothing: they are anonymous. */
  #disown({ problem }, identity = this.identity) {
    console.error(`Lethe: ${problem.detail}. The chat goes on as anonymous.`);
    if (this.identity === identity) this.identity = null;
  }

  /** Calls `work` when another window of this visitor has agreed, or has taken it back; with true where they left. */
  elsewhere(work) {
    addEventListener("storage", ({ key }) => key === this.#key && work(false));
    this.#windows?.addEventListener("message", () => {
      // What is stored is forgotten there already; whatever is there by now is of who came next.
      this.identity = this.#kept = null;
      this.#anew();
      work(true);
    });
  }

  async #begin(agreement) {
    const { identity } = this;
    const said = identity ? { identity } : {};
    const body = JSON.stringify({ ...agreement, ...said, build: BUILD, id: this.#id });
    const answer = await this.#soon("/sessions", {
      method: "POST",
      headers: { "Content-Type": "application/json", Prefer: "return=minimal" },
      body,
    });
    // Who signs out before the answer came has made a customer's chat all the same.
    return { ...(await answer.json()), signed: Boolean(identity) };
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
