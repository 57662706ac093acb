/** Hands over what is held of a contact: asks for the archive, says how far it is, and saves it when it is ready. */

import { h } from "./common/dom.js";
import { rest } from "./rest.js";
import { t } from "./words.js";

const PAUSE = 800;
const pause = () =>
  new Promise((done) => {
    setTimeout(done, PAUSE);
  });

/** The section of the card of the contact `id`; `say` shows a line for a moment. */
export function exportSection(id, say) {
  const standing = h("p", { class: "is-quiet", role: "status" }, t("contact.export.how"));
  const button = h("button", { class: "button", type: "button", click: () => make() }, t("contact.export.do"));

  async function make() {
    button.disabled = true;
    try {
      let made = await rest("POST", `/contacts/${id}/exports`);
      while (made.state === "queued" || made.state === "running") {
        standing.textContent = t("contact.export.making", { progress: made.progress });
        await pause();
        if (!button.isConnected) return; // it waits on the page of exports
        made = await rest("GET", `/exports/${made.id}`);
      }
      if (made.state !== "done") throw new Error(made.state);
      h("a", { href: `/api/v1/exports/${made.id}/file`, download: true }).click();
      say(t("contact.export.ready"));
    } catch {
      say(t("contact.export.failed"));
    }
    standing.textContent = t("contact.export.how");
    button.disabled = false;
  }

  return h("section", {}, h("h3", {}, t("contact.export")), standing, button);
}
