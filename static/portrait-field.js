/** <portrait-field>: shows one's own portrait, sends up the one that is chosen or dropped, and takes it away. */

import { agentFace } from "./agent-face.js";
import { boot } from "./boot.js";
import { t } from "./words.js";

const ADDRESS = "/api/v1/agents/me/portrait";
const REASONS = new Set(["invalid_field", "too_large", "rate_limited"]);

class PortraitField extends HTMLElement {
  #seen = this.querySelector(".portrait-seen");
  #file = this.querySelector("input");
  #away = this.querySelector("button");
  #wrong = this.querySelector(".field-error");
  #done = this.querySelector("[role=status]");

  connectedCallback() {
    this.#file.addEventListener("change", () => this.#file.files[0] && this.#put(this.#file.files[0]));
    this.#away.addEventListener("click", () => this.#take());
    this.addEventListener("dragover", (event) => {
      event.preventDefault();
      this.classList.add("is-over");
    });
    this.addEventListener("dragleave", () => this.classList.remove("is-over"));
    this.addEventListener("drop", (event) => this.#dropped(event));
    this.#show(this.dataset.portrait);
  }

  #dropped(event) {
    event.preventDefault();
    this.classList.remove("is-over");
    const [file] = event.dataTransfer.files;
    if (file) this.#put(file);
  }

  async #put(file) {
    const body = new FormData();
    body.append("file", file);
    const { portrait } = (await this.#ask({ method: "PUT", body })) ?? {};
    if (portrait) this.#show(portrait);
    this.#file.value = "";
  }

  async #take() {
    if (!(await this.#ask({ method: "DELETE" }))) return;
    this.#show("");
    this.#file.focus();
  }

  // What the server answers, null where it refused; why is then beside the field.
  async #ask(what) {
    this.ariaBusy = "true";
    const answer = await fetch(ADDRESS, { ...what, headers: { "X-CSRF-Token": boot.csrf } }).catch(() => null);
    const said = await answer?.json().catch(() => ({}));
    this.ariaBusy = "false";
    const code = answer?.ok ? "" : (said?.code ?? "unavailable");
    const why = code && t(`profile.portrait.why.${REASONS.has(code) ? code : "unavailable"}`);
    this.#wrong.textContent = why;
    this.#wrong.hidden = !why;
    this.#file.ariaInvalid = why ? "true" : null;
    this.#done.textContent = why ? "" : t("common.saved");
    return why ? null : said;
  }

  #show(portrait) {
    this.#seen.replaceChildren(agentFace({ portrait, name: this.dataset.name }) ?? "");
    this.#away.hidden = !portrait;
  }
}

if (!customElements.get("portrait-field")) customElements.define("portrait-field", PortraitField);
