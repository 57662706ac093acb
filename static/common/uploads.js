/** Sends files up, one after another, in the widget and in the inbox alike. */

/** How many files go with one message. */
export const MOST_FILES = 10;

/** Bytes. */
const LARGEST = 10 * 2 ** 20;

const CODES = { invalid_field: "file_refused", too_large: "file_too_large" };

/**
 * Sends those of `attachments` that have no id yet to `{url, headers}`, and gives them what the server says of them.
 * Each says in `sent` how far it is, from 0 to 1; `tell` is called as they go.
 *
 * Gives "" when all are there, null where they are on their way already, and else the code of the first refusal:
 * `unreachable` where no answer came, `unavailable` where it says nothing.
 */
export async function upload(attachments, to, tell) {
  const waiting = attachments.filter(({ id }) => !id);
  if (waiting.some(({ sent }) => sent !== undefined)) return null;
  for (const each of waiting) each.sent = 0;
  let code = "";
  for (const each of waiting) code ||= await send(each, to, tell);
  for (const each of waiting) delete each.sent;
  return code;
}

/** Not `fetch`: it cannot tell how far it is. */
function send(each, { url, headers }, tell) {
  if (each.size > LARGEST) return "file_too_large";
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", each.file);
  request.open("POST", url);
  for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
  request.responseType = "json";
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    each.sent = loaded / total;
    tell();
  });
  return new Promise((resolve) => {
    request.addEventListener("loadend", () => resolve(settled(each, request)));
    request.send(body);
  });
}

function settled(each, { status, response }) {
  if (status === 201) {
    Object.assign(each, response);
    return "";
  }
  return status ? (CODES[response?.code] ?? response?.code ?? "unavailable") : "unreachable";
}
