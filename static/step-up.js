/** Asks whoever is signed in to show again who they are, where the server wants it for what was asked. */

import { boot } from "./boot.js";
import { h } from "./common/dom.js";
import { NotShown, shown, usable } from "./passkeys.js";
import { t } from "./words.js";

let asking = null;

/**
 * Resolves to whether it was shown. `hasCodes` and `hasPasskeys` say whether a code of an app or a passkey will do too.
 * Asks once for all who wait.
 */
export function shownAgain(hasCodes, hasPasskeys) {
  asking ??= ask(hasCodes, hasPasskeys).finally(() => {
    asking = null;
  });
  return asking;
}

function ask(hasCodes, hasPasskeys) {
  const password = field("step-up-password", "step_up.password", {
    type: "password",
    autocomplete: "current-password",
  });
  const code = field("step-up-code", "step_up.code", { inputmode: "numeric", autocomplete: "one-time-code" });
  const wrong = h("p", { class: "field-error", role: "alert" });
  const form = h(
    "form",
    { method: "dialog" },
    h("h2", { id: "step-up-title" }, t("step_up.title")),
    h("p", {}, t("step_up.why")),
    password.whole,
    hasCodes && code.whole,
    hasPasskeys &&
      usable() &&
      h("button", { class: "button is-wide", type: "button", click: () => done(byPasskey()) }, t("passkey.use")),
    wrong,
    h(
      "div",
      { class: "dialog-actions" },
      h("button", { class: "button", type: "button", click: () => dialog.close("") }, t("common.cancel")),
      h("button", { class: "button is-primary", value: "yes" }, t("step_up.submit")),
    ),
  );
  const dialog = h("dialog", { class: "dialog", "aria-labelledby": "step-up-title" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await done(show({ step_up_password: password.input.value, step_up_code: code.input.value }));
    if (wrong.textContent) password.input.focus();
  });
  async function done(showing) {
    wrong.textContent = await showing;
    if (!wrong.textContent) dialog.close("yes");
  }
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}

function field(id, key, attributes) {
  const input = h("input", { id, ...attributes });
  return { input, whole: h("div", { class: "field" }, h("label", { for: id }, t(key)), input) };
}

/** Asks for a passkey and shows it; resolves as `show`. */
async function byPasskey() {
  try {
    return await show({ step_up_passkey: JSON.stringify(await shown("/step-up/challenge", boot.csrf)) });
  } catch (error) {
    if (error instanceof NotShown && error.status !== null) return said(error.status);
    return t("passkey.cancelled");
  }
}

/** Shows the server what is in `fields`; resolves to what is wrong with it, "" for nothing. */
async function show(fields) {
  const body = new URLSearchParams({ csrf: boot.csrf, ...fields });
  try {
    const answer = await fetch("/step-up", { method: "POST", body, redirect: "manual" });
    if (answer.type === "opaqueredirect") return ""; // it leads on, where a form would have gone
    return said(answer.status, fields);
  } catch {
    return said(0);
  }
}

function said(status, { step_up_code: code, step_up_passkey: passkey } = {}) {
  if (status === 0) return t("inbox.unreachable");
  if (status === 429) return t("signin.error.rate_limited");
  if (status !== 422) return t("inbox.refused");
  if (passkey) return t("step_up.error.passkey");
  return t(code ? "step_up.error.code" : "step_up.error.password");
}
