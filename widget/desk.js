/** The visitor's requests over HTTP, and the token they are made with, kept only after agreeing. */

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
function stored(deed) {
  try {
    return deed(localStorage);
  } catch {
    return null;
  }
}

export class Desk {
  #base;
  #key;
  #token = null;

  constructor(site) {
    this.#base = `/widget/${encodeURIComponent(site)}`;
    this.#key = `lethe:${site}`;
  }

  get token() {
    return this.#token ?? stored((storage) => JSON.parse(storage.getItem(this.#key)).token);
  }

  forget() {
    this.#token = null;
    stored((storage) => storage.removeItem(this.#key));
  }

  async config(locale) {
    return (await this.#ask(`/config?locale=${encodeURIComponent(locale)}`)).json();
  }

  /** `{notice_version, consent, fields, locale}` */
  async agree(agreement) {
    const body = JSON.stringify({ ...agreement, build: BUILD });
    const answer = await this.#ask("/sessions", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const { token } = await answer.json();
    this.#token = token;
    stored((storage) => storage.setItem(this.#key, JSON.stringify({ token })));
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
    return (await (await this.mine("/sessions", "DELETE")).json()).erasure_id;
  }

  /** Asks as the visitor. */
  mine(path, method) {
    return this.#ask(path, { method, headers: { Authorization: `Bearer ${this.token}` } });
  }

  async #ask(path, options) {
    const answer = await fetch(this.#base + path, { cache: "no-store", credentials: "omit", ...options }).catch(() => null);
    if (answer?.ok) return answer;
    const problem = await answer?.json().catch(() => null);
    throw new Refusal(answer ? problem?.code ?? "unavailable" : "unreachable", problem ?? {});
  }
}
