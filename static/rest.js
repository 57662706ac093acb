/** Requests to the server's own REST interface, in the name of whoever is signed in. */

import { boot } from "./boot.js";
import { shownAgain } from "./step-up.js";

const BASE = "/api/v1";

/**
 * A refusal as the server worded it: `code` for programs, `message` for people, `status` 0 where nothing answered,
 * `field` the one that is wrong, `current` how what was to be changed is now, `why` and `into` what a merge says.
 */
export class Problem extends Error {
  constructor({ status = 0, code = "unavailable", detail = "", field = "", ...more }) {
    super(detail || code);
    const { retry_after: retryAfter = null, current, why, merged_into: into } = more;
    Object.assign(this, { status, code, retryAfter, field, current, why, into });
  }
}

/**
 * Sends `body` as JSON and answers with the JSON that comes back (null for none); throws a Problem. Where the server
 * wants to be shown again who asks, that is asked for first, and the same sent once more.
 */
export async function rest(method, path, body) {
  return (await tagged(method, path, body)).data;
}

/** The same, with the `tag` of the state that the answer shows; changes only that state where `match` is its tag. */
export async function tagged(method, path, body, match) {
  const answer = await fetched(method, path, body, match);
  if (answer.status === 401) location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  const data = await answer.json().catch(() => null);
  if (data?.code === "step_up_required" && (await shownAgain(data.has_codes, data.has_passkeys)))
    return tagged(method, path, body, match);
  if (!answer.ok) throw new Problem({ ...data, status: answer.status });
  return { data, tag: answer.headers.get("ETag") };
}

async function fetched(method, path, body, match) {
  const options = { method, headers: { Accept: "application/json", "X-CSRF-Token": boot.csrf } };
  if (match) options.headers["If-Match"] = match;
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  try {
    return await fetch(BASE + path, options);
  } catch {
    throw new Problem({});
  }
}
