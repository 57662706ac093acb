/**
 * What is behind the menu: what is kept, the receipt, the transcript, the export, withdrawing, and that it is done.
 * Fetched when first asked for.
 */

import { download, h } from "/static/common/dom.js";
import { button } from "./buttons.js";
import { exportPage } from "./export-page.js";
import { PlainPage } from "./plain-page.js";

const DAY = 86_400_000;

const EVERY = 2_000;
const PATIENCE = 150;

/** Nothing that anybody wrote begins like this: further lines are indented. */
const ENTRY = /\n(?=\[\d{4}-[\w:.-]+Z\] )/;

const paragraph = (text) => h("p", {}, text);
const pause = (time) =>
  new Promise((resolve) => {
    setTimeout(resolve, time);
  });

/** Anybody's page about their own data, this browser's chat or another's. */
const privacyPage = () => `/privacy/${document.documentElement.dataset.site}`;

const json = (data) => new Blob([JSON.stringify(data, null, 2)], { type: "application/json" });

/** `last`: when something was last said. */
function keptPage(words, { account, kept_days: days }, last) {
  const until = last && days && words.when(new Date(last).getTime() + days * DAY, "date");
  return new PlainPage(
    words.say("menu.kept"),
    paragraph(words.say("kept.what", account)),
    paragraph(days ? words.count("kept.days", days) : words.say("kept.always", account)),
    until ? paragraph(words.say("kept.until", { date: until })) : "",
    paragraph(words.say("kept.sooner")),
    h(
      "p",
      {},
      h("a", { href: privacyPage(), target: "_blank", rel: "noopener" }, words.say("kept.elsewhere", account)),
    ),
  );
}

/** Everything said, in this chat and before it. */
async function earlierPage(words, api) {
  const text = await (await api.mine("/transcript")).text();
  const said = text
    .trim()
    .split(ENTRY)
    .flatMap((entry) => past(words, entry));
  return new PlainPage(words.say("menu.earlier"), ...(said.length ? said : [paragraph(words.say("earlier.none"))]));
}

/** An entry of a transcript under its time; a blank line behind it is where its chat ends. */
function past(words, entry) {
  const [, at, said] = /^\[(\S+)\] (.*)$/s.exec(entry) ?? [];
  if (!at) return [];
  const text = h("span", { dir: "auto" }, said.trim().replaceAll(/^ {4}/gm, ""));
  const line = h("p", { class: "past" }, h("time", { datetime: at }, words.when(at, "moment")), text);
  return said.endsWith("\n") ? [line, h("hr", {})] : [line];
}

async function mailedPage(words, api) {
  await api.mine("/transcript", "POST");
  return new PlainPage(words.say("menu.mail"), paragraph(words.say("mailed")));
}

const receipt = async (api) => (await api.mine("/receipt")).json();

/** What was agreed to; an optional purpose can be stopped by itself, without ending the chat. */
async function receiptPage(words, api, conversation) {
  const signed = await receipt(api);
  const { at, consent, notice } = signed.receipt;
  const given = notice.purposes.map((purpose) =>
    agreed(words, purpose, consent, () => stop(api, conversation, signed.receipt, purpose.id)),
  );
  const save = () => download(json(signed), "receipt.json");
  return new PlainPage(
    words.say("menu.receipt"),
    paragraph(words.say("receipt.given", { moment: words.when(at, "moment"), version: notice.version })),
    h("ul", { class: "given" }, ...given),
    h("h2", {}, words.say("receipt.text")),
    h("blockquote", { dir: "auto" }, notice.text),
    button("primary wide", save, words.say("receipt.save")),
  );
}

function agreed(words, { id, label, required }, consent, end) {
  const answer = h("b", {}, words.say(consent[id] ? "yes" : "no"));
  const status = h("p", { role: "status" });
  const act = async () => {
    stopping.disabled = true;
    const done = await end();
    if (done) answer.textContent = words.say("no");
    status.textContent = words.say(done ? "purpose.stopped" : "error.other");
    stopping.disabled = done;
    stopping.hidden = done;
  };
  const stopping = button("quiet", act, words.say("purpose.stop"));
  return h("li", {}, answer, " ", h("bdi", {}, label), ...(consent[id] && !required ? [stopping, status] : []));
}

/** Whether the ledger says so: the receipt is asked for until it does. */
async function stop(api, conversation, { consent, notice }, id) {
  conversation.agree({ notice_version: notice.version, consent: { ...consent, [id]: false } });
  for (let tries = 0; tries < 20; tries += 1) {
    await pause(250);
    const fresh = await receipt(api).catch(() => null);
    if (fresh?.receipt.consent[id] === false) return true;
  }
  return false;
}

/** What the menu asks for, by its string: a page, or something to save. */
export const asides = {
  kept: (words, config, _, { transcript }) => keptPage(words, config, transcript.lines.at(-1)?.at),
  receipt: (words, _, api, conversation) => receiptPage(words, api, conversation),
  earlier: (words, _, api) => earlierPage(words, api),
  transcript: async (_, __, api) => download(await (await api.mine("/transcript")).blob(), "transcript.txt"),
  mail: (words, _, api) => mailedPage(words, api),
  export: (words, _, api) => exportPage(words, api),
};

/** Asks once, saying exactly what will happen. */
export function withdrawPage(words, account, withdraw) {
  const message = h("p", { class: "message", role: "alert" });
  const what = (name) => h("li", {}, words.say(`withdraw.${name}`));
  const act = () =>
    withdraw().catch((refusal) => {
      message.textContent = words.failure(refusal);
    });
  const page = new PlainPage(
    words.say("withdraw.title"),
    paragraph(words.say("withdraw.what", account)),
    h("ul", { class: "plain" }, what("messages"), what("details"), what("consent")),
    paragraph(words.say("withdraw.end")),
    h(
      "footer",
      {},
      message,
      button("danger wide", act, words.say("withdraw.do")),
      button("quiet wide", () => page.dispatchEvent(new Event("back")), words.say("withdraw.not")),
    ),
  );
  return page;
}

/** `number` is the erasure's, null where it was asked for elsewhere. */
export function donePage(words, number, again) {
  const status = h("p", { role: "status" }, words.say("done.queued"));
  const save = h("p", {});
  const page = new PlainPage(
    words.say("done.title"),
    paragraph(words.say("done.what")),
    ...(number ? [status, h("p", { class: "number" }, words.say("done.number"), h("code", {}, number)), save] : []),
    button("quiet wide", again, words.say("new_chat")),
  );
  if (number) follow(words, number, status, save);
  return page;
}

async function follow(words, number, status, save) {
  for (let tries = 0; tries < PATIENCE; tries += 1) {
    const answer = await fetch(`${privacyPage()}/erasures/${number}`, {
      cache: "no-store",
      headers: { Accept: "application/json" },
    }).catch(() => null);
    const { state, due_at: due, certificate } = answer?.ok ? await answer.json() : {};
    const waits = state === "queued" && Date.parse(due) > Date.now();
    if (state)
      status.textContent = words.say(waits ? "done.later" : `done.${state}`, { date: words.when(due, "date") });
    if (certificate)
      save.append(
        button("quiet wide", () => download(json(certificate), `certificate-${number}.json`), words.say("done.save")),
      );
    if (certificate || waits) return;
    await pause(EVERY);
  }
}
