/** Sends files up, one after another, telling how far each is. */

import { boot } from "./boot.js";

const LARGEST = 10 * 2 ** 20;

/**
 * Gives each of `attachments` its id; `tell` is called as they go. Answers with "" or the code of the first refusal.
 */
export async function uploaded(ticket, attachments, tell) {
  const waiting = attachments.filter(({ id }) => !id);
  for (const each of waiting) each.sent = 0;
  let code = "";
  for (const each of waiting) code ||= await up(ticket, each, tell);
  for (const each of waiting) delete each.sent;
  return code;
}

// Not `fetch`: it cannot tell how far it is.
function up(ticket, each, tell) {
  if (each.size > LARGEST) return "file_too_large";
  const request = new XMLHttpRequest();
  const body = new FormData();
  body.append("file", each.file);
  request.open("POST", `/api/v1/tickets/${ticket}/attachments`);
  request.setRequestHeader("X-CSRF-Token", boot.csrf);
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
  return (
    { invalid_field: "file_refused", too_large: "file_too_large" }[response?.code] ?? response?.code ?? "unavailable"
  );
}
