/** Starts the frame: asks the server how this site looks and what it says, then hands over to `<chat-window>`. */

import { shieldComposing } from "/static/common/writing.js";
import { ChatWindow } from "./chat-window.js";
import { wear } from "./colour.js";
import { VisitorApi } from "./visitor-api.js";
import { h } from "/static/common/dom.js";
import { identityOf } from "./identity.js";
import { button } from "./buttons.js";
import { Words } from "./words.js";

const page = document.documentElement;
const asked = new URLSearchParams(location.search);
const api = new VisitorApi(page.dataset.site);
const start = document.querySelector("#start");
let chat;
/**
 * What the loader said last: whether the frame is `open`, its `color`, and `who` is signed in on the page, as JSON; 0
 * where they signed out.
 */
let said = {};
let known;

/** The page the frame stands on: put there by the loader, and `frame-ancestors` says which it can be. */
const origin = asked.get("origin");

/**
 * What the loader hears: `here`, `ready`, `close`, `agreed`, `left`, `unread`; and what it tells the page: `consent`,
 * `ended`.
 */
function tell(lethe, more) {
  if (origin && parent !== window) parent.postMessage({ lethe, ...more }, origin);
}

addEventListener("message", ({ source, origin: from, data }) => {
  if (source !== parent || from !== origin || data?.lethe !== "shown") return;
  said = data;
  obey();
});

/** Before the chat is there nobody can be shown it. */
function obey() {
  if (!chat) return;
  wear(said.color);
  if (said.who !== known) identify(said.who);
  chat.shown = said.open;
}

function identify(who) {
  known = who;
  if (who === 0) {
    api.leave();
    chat?.left();
    tell("left");
    known = null; // they may sign out again
  } else {
    api.identity = identityOf(who);
    chat?.identified();
  }
}

async function begin() {
  try {
    const config = await api.config(asked.get("locale") ?? page.lang);
    page.lang = config.locale;
    wear(config.site.color);
    if (said.who !== known) identify(said.who);
    chat = new ChatWindow(new Words(config.locale, config.strings), config, api, tell);
    start.replaceWith(chat);
    obey();
    tell("ready", { color: config.site.color, position: config.site.position });
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
