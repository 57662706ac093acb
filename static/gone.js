/** A page that is no inbox, when somebody is erased: whatever it shows of them goes at once, and it says why. */

import { askGone } from "./ask-gone.js";
import { boot } from "./boot.js";
import { Drafts } from "./drafts.js";
import { h } from "./common/dom.js";
import { erasedLines } from "./erased.js";
import { AgentSocket } from "./socket.js";

const drafts = new Drafts(boot.agent.id);

function say(frame) {
  const head = document.querySelector(".admin-head");
  const known = document.querySelector(`[data-erasure="${frame.erasure}"]`);
  const said = h(
    "div",
    { class: "notice is-plain erased", role: "status", "data-erasure": frame.erasure },
    erasedLines(frame),
  );
  if (known) known.replaceWith(said);
  else head?.after(said);
}

// What is kept until the erasure is done, as the reason of a hold is, says so.
function erased(frame) {
  const shown = [...document.querySelectorAll(`[data-contact="${CSS.escape(frame.contact)}"]`)].filter(
    (each) => frame.state === "done" || !("untilDone" in each.dataset),
  );
  for (const each of shown) each.remove();
  if (shown.length || document.querySelector(`[data-erasure="${frame.erasure}"]`)) say(frame);
}

// A ticket that was deleted, or whose contact is under a legal hold; or that is a part of another, `into`, by now.
function gone(number, into) {
  if (into) drafts.move(number, into);
  drafts.drop(number);
  for (const each of document.querySelectorAll(`[data-ticket="${Number(number)}"]`)) each.remove();
}

// Asked each time the server says that it listens.
function ask(socket) {
  const named = (key) => [...document.querySelectorAll(`[data-${key}]`)].map((each) => each.dataset[key]);
  const contacts = [...new Set(named("contact"))];
  askGone(socket, contacts, [...new Set([...drafts.tickets, ...named("ticket").map(Number)])]);
}

function listen() {
  const socket = new AgentSocket(`${location.origin.replace(/^http/, "ws")}/ws/gone`);
  let online = false;
  socket.addEventListener("frame", ({ detail: frame }) => {
    if (frame.type === "welcome") ask(socket);
    if (frame.type === "erasure") erased(frame);
    if (frame.status === "gone") gone(frame.number, frame.merged_into);
  });
  socket.addEventListener("state", () => {
    if (socket.state === "unauthorized") leave(online);
    online = socket.state === "online";
  });
  socket.connect();
}

// A line that is cut by the server was signed out; one that is refused only took too long to come back.
function leave(signedOut) {
  if (signedOut) drafts.clear();
  location.assign(`/signin?next=${encodeURIComponent(location.pathname)}`);
}

if (drafts.tickets.length || document.querySelector("[data-contact]")) listen();
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
