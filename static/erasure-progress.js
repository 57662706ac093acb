/** How far erasures are, looked at until each has its certificate, which can then be taken away. */

import { download, h } from "./common/dom.js";

const EVERY = 2000;
const PATIENCE = 150;

export class Erasures {
  #base;
  #say;
  #rows;

  /** `base`: the privacy page's path; `numbers`: of the erasures; `say`: the page's words. */
  constructor(base, numbers, say) {
    this.#base = base;
    this.#say = say;
    this.#rows = numbers.map((number) => ({
      number,
      state: "queued",
      status: h("p", { role: "status" }),
      item: h("li"),
    }));
    this.list = h(
      "ol",
      { class: "rights-numbers" },
      this.#rows.map((row) => this.#drawn(row)),
    );
  }

  async follow(left = PATIENCE) {
    await Promise.all(this.#rows.filter(({ state }) => state !== "done").map((row) => this.#look(row)));
    if (left && this.#rows.some(({ state }) => state !== "done")) setTimeout(() => this.follow(left - 1), EVERY);
  }

  async #look(row) {
    const answer = await fetch(`${this.#base}/erasures/${row.number}`, {
      headers: { Accept: "application/json" },
      cache: "no-store",
    }).catch(() => null);
    if (!answer?.ok) return;
    Object.assign(row, await answer.json());
    this.#drawn(row);
  }

  #drawn(row) {
    const { item, status, number, state, certificate, places, reached } = row;
    status.textContent = this.#say(`rights.state.${state}`);
    const save =
      certificate &&
      h(
        "button",
        { class: "button", type: "button", click: () => taken(certificate, number) },
        this.#say("rights.certificate"),
      );
    const bar =
      state === "running" &&
      h("progress", { max: places, value: reached, "aria-label": this.#say("rights.state.running") });
    item.replaceChildren(
      ...[
        h("span", { class: "is-quiet" }, this.#say("rights.number")),
        h("code", {}, number),
        status,
        bar,
        save,
      ].filter(Boolean),
    );
    return item;
  }
}

function taken(certificate, number) {
  const blob = new Blob([JSON.stringify(certificate, null, 2)], { type: "application/json" });
  download(blob, `certificate-${number}.json`);
}
