/** The page from which everything can be taken away: asks for the archive, says how far it is, and saves it. */

import { download, h } from "/static/common/dom.js";
import { button } from "./buttons.js";
import { PlainPage } from "./plain-page.js";

document.head.append(h("link", { rel: "stylesheet", href: "/widget-assets/export-page.css" }));

const PAUSE = 1000;
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

const paragraph = (text) => h("p", {}, text);

function sized(words, bytes) {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const style = { style: "unit", unit: UNITS[step], maximumFractionDigits: step ? 1 : 0 };
  return new Intl.NumberFormat(words.locale, style).format(bytes / 1000 ** step);
}

/** One visit to the page: what was asked for before is found again. */
class Export {
  #words;
  #api;
  #standing = h("div", { class: "exporting", role: "status" });
  #message = h("p", { class: "message", role: "alert" });
  #views = {
    none: () => [this.#asking()],
    making: ({ progress }) => this.#making(progress),
    ready: (made) => this.#ready(made),
    failed: () => [paragraph(this.#words.say("export.failed")), this.#asking()],
  };
  page;

  constructor(words, api) {
    this.#words = words;
    this.#api = api;
    const parts = ["page", "json", "files"].map((part) => h("li", {}, words.say(`export.${part}`)));
    this.page = new PlainPage(
      words.say("menu.export"),
      paragraph(words.say("export.what")),
      h("ul", { class: "plain" }, ...parts),
      this.#standing,
      this.#message,
    );
  }

  async look() {
    const [last] = (await (await this.#api.mine("/exports")).json()).items;
    this.#show(last);
  }

  #show(made) {
    const shown = { queued: "making", running: "making", done: "ready", failed: "failed" }[made?.state] ?? "none";
    const before = this.#standing.dataset.shown;
    this.#standing.dataset.shown = shown;
    if (shown === "making" && before === shown) this.#standing.querySelector("progress").value = made.progress;
    else this.#standing.replaceChildren(...this.#views[shown](made));
    if (shown === "making") setTimeout(() => this.page.isConnected && this.#try(() => this.look()), PAUSE);
  }

  #asking() {
    return button("primary wide", () => this.#ask(), this.#words.say("export.ask"));
  }

  #making(progress) {
    const bar = h("progress", { max: 100, value: progress, "aria-label": this.#words.say("export.making") });
    return [paragraph(this.#words.say("export.making")), bar, paragraph(this.#words.say("export.wait"))];
  }

  #ready({ id, size, done_at: at, expires_at: until }) {
    const save = () =>
      this.#try(async () =>
        download(await (await this.#api.mine(`/exports/${id}`)).blob(), `export-${at.slice(0, 10)}.zip`),
      );
    return [
      paragraph(
        this.#words.say("export.ready", {
          moment: this.#words.when(at, "moment"),
          date: this.#words.when(until, "date"),
        }),
      ),
      button("primary wide", save, this.#words.say("export.save", { size: sized(this.#words, size) })),
      button("quiet wide", () => this.#ask(), this.#words.say("export.again")),
    ];
  }

  #ask() {
    return this.#try(async () => this.#show(await (await this.#api.mine("/exports", "POST")).json()));
  }

  async #try(work) {
    this.#message.textContent = "";
    await work().catch((refusal) => {
      this.#message.textContent = this.#words.failure(refusal);
    });
  }
}

export async function exportPage(words, api) {
  const made = new Export(words, api);
  await made.look();
  return made.page;
}
