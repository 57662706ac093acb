/** Starts the frame: asks the server how this site looks and what it says, then hands over to `<chat-window>`. */

import { shieldComposing } from "/static/common/writing.js";
import { ChatWindow } from "./chat-window.js";
import { wear } from "./colour.js";
import { VisitorApi } from "./visitor-api.js";
import { h } from "/static/common/dom.js";
import { button } from "./buttons.js";
import { Words } from "./words.js";

const page = document.documentElement;
const asked = new URLSearchParams(location.search);
const api = new VisitorApi(page.dataset.site);
const start = document.querySelector("#start");
let chat;

/** The page the frame stands on: put there by the loader, and `frame-ancestors` says which it can be. */
const origin = asked.get("origin");

/** What the loader hears: `here`, `ready`, `close`, `agreed`, `unread`. */
function tell(lethe, said) {
  if (origin && parent !== window) parent.postMessage({ lethe, ...said }, origin);
}

addEventListener("message", ({ source, origin: from, data }) => {
  if (source !== parent || from !== origin || data?.lethe !== "shown") return;
  wear(data.color);
  chat.shown = data.open;
});

async function begin() {
  try {
    const config = await api.config(asked.get("locale") ?? page.lang);
    page.lang = config.locale;
    wear(config.site.color);
    chat = new ChatWindow(new Words(config.locale, config.strings), config, api, tell);
    start.replaceWith(chat);
    tell("ready", { color: config.site.color });
  } catch ({ code }) {
    fail(code);
  }
}

/** Say that the chat cannot be reached, in the document's own words: no others have come. */
function fail(code) {
  const { forbidden, unreachable, again } = start.dataset;
  start.replaceChildren(
    h("p", { role: "alert" }, code === "forbidden" ? forbidden : unreachable),
    button("quiet", begin, again),
  );
}

tell("here");
shieldComposing();
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape" && !document.querySelector(":popover-open")) tell("close");
  // WebKit lets no frame take the focus before its visitor has touched it: the first key goes where it belongs.
  else if (document.activeElement === document.body) chat?.focus();
});

if (!("old" in page.dataset)) begin();
