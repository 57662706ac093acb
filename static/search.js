/** Search as it streams in: each line is given on when it comes, until it ends or somebody asks for something else. */

import { boot } from "./boot.js";
import { Problem } from "./rest.js";

/**
 * Asks for `what` ({q, and filters}) and gives each line to `tell`, until `signal` aborts. By POST: what people look for
 * is in no log of addresses. Throws a Problem, or what aborted it.
 */
export async function search(what, tell, signal) {
  const answer = await asked(what, signal);
  if (answer.status === 401) location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
  if (!answer.ok) throw new Problem({ ...(await answer.json().catch(() => null)), status: answer.status });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let last = null;
  let rest = "";
  for (;;) {
    const { done, value } = await read(reader, signal);
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      last = JSON.parse(line);
      tell(last);
    }
    if (done) break;
  }
  // Cut off between two lines it is no shorter answer, but none.
  if (!last || last.code) throw new Problem({ status: last ? 503 : 0, code: last?.code, detail: last?.detail });
}

async function asked(what, signal) {
  const headers = { "Content-Type": "application/json", Accept: "application/x-ndjson", "X-CSRF-Token": boot.csrf };
  try {
    return await fetch("/api/v1/search", { method: "POST", headers, body: JSON.stringify(what), signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new Problem({ detail: error.message });
  }
}

async function read(reader, signal) {
  try {
    return await reader.read();
  } catch (error) {
    signal.throwIfAborted();
    throw new Problem({ detail: error.message });
  }
}
