/** The pages behind the menu: what is kept, the receipt, withdrawing, and that it is done. Fetched when the first is opened. */

import { button, make } from "./dom.js";
import { download, PlainPage } from "./plain-page.js";

const DAY = 86_400_000;

const paragraph = (text) => make("p", {}, text);

/** `last`: when something was last said. */
export function keptPage(words, { account, kept_days: days }, last) {
  const until = last && days && words.when(new Date(last).getTime() + days * DAY, "date");
  return new PlainPage(
    words.say("menu.kept"),
    paragraph(words.say("kept.what", account)),
    paragraph(days ? words.count("kept.days", days) : words.say("kept.always", account)),
    until ? paragraph(words.say("kept.until", { date: until })) : "",
    paragraph(words.say("kept.sooner")),
  );
}

export async function mailedPage(words, desk) {
  await desk.mail();
  return new PlainPage(words.say("menu.mail"), paragraph(words.say("mailed")));
}

export function receiptPage(words, signed) {
  const { at, consent, notice } = signed.receipt;
  const given = notice.purposes.map(({ id, label }) => make("li", {}, make("b", {}, words.say(consent[id] ? "yes" : "no")), " ", make("bdi", {}, label)));
  const save = () => download(new Blob([JSON.stringify(signed, null, 2)], { type: "application/json" }), "receipt.json");
  return new PlainPage(
    words.say("menu.receipt"),
    paragraph(words.say("receipt.given", { moment: words.when(at, "moment"), version: notice.version })),
    make("ul", { class: "given" }, ...given),
    make("h2", {}, words.say("receipt.text")),
    make("blockquote", { dir: "auto" }, notice.text),
    button("primary wide", save, words.say("receipt.save")),
  );
}

/** Asks once, saying exactly what will happen. */
export function withdrawPage(words, account, withdraw) {
  const message = make("p", { class: "message", role: "alert" });
  const what = (name) => make("li", {}, words.say(`withdraw.${name}`));
  const act = () => withdraw().catch((refusal) => { message.textContent = words.failure(refusal); });
  const page = new PlainPage(
    words.say("withdraw.title"),
    paragraph(words.say("withdraw.what", account)),
    make("ul", { class: "plain" }, what("messages"), what("details"), what("consent")),
    paragraph(words.say("withdraw.end")),
    message,
    button("danger wide", act, words.say("withdraw.do")),
    button("quiet wide", () => page.dispatchEvent(new Event("back")), words.say("withdraw.not")),
  );
  return page;
}

/** `number` is the erasure's, null where it was asked for elsewhere. */
export function donePage(words, number, again) {
  return new PlainPage(
    words.say("done.title"),
    paragraph(words.say("done.what")),
    number ? make("p", { class: "number" }, words.say("done.number"), make("code", {}, number)) : "",
    button("quiet wide", again, words.say("new_chat")),
  );
}
