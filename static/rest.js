/** Requests to the server's own REST interface, in the name of whoever is signed in. */

import { boot } from "./boot.js";

const BASE = "/api/v1";

/** A refusal as the server worded it: `code` for programs, `message` for people, `status` 0 where nothing answered. */
export class Problem extends Error {
  constructor({ status = 0, code = "unavailable", detail = "", retry_after: retryAfter = null }) {
    super(detail || code);
    Object.assign(this, { status, code, retryAfter });
  }
}

/** Sends `body` as JSON and answers with the JSON that comes back (null for none); throws a Problem. */
export async function rest(method, path, body) {
  const answer = await fetched(method, path, body);
  if (answer.status === 401) location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  const data = await answer.json().catch(() => null);
  if (!answer.ok) throw new Problem({ ...data, status: answer.status });
  return data;
}

async function fetched(method, path, body) {
  const options = { method, headers: { Accept: "application/json", "X-CSRF-Token": boot.csrf } };
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
