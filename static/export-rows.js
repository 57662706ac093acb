/** <export-rows>: a table of exports that follows those which are being made, and is read anew when one changes. */

const PAUSE = 2000;

class ExportRows extends HTMLElement {
  connectedCallback() {
    if (this.querySelector("progress")) setTimeout(() => this.#look(), PAUSE);
  }

  async #look() {
    const answer = await fetch("/api/v1/exports?limit=100", { headers: { Accept: "application/json" } }).catch(
      () => null,
    );
    if (!this.isConnected) return;
    if (answer?.ok && this.#follow((await answer.json()).items)) location.reload();
    else setTimeout(() => this.#look(), PAUSE);
  }

  // Whether one is no longer as its row says.
  #follow(items) {
    const known = new Map(items.map((one) => [one.id, one]));
    return [...this.querySelectorAll("tr:has(progress)")].some((row) => {
      const one = known.get(row.dataset.export);
      if (one) row.querySelector("progress").value = one.progress;
      return one?.state !== row.dataset.state;
    });
  }
}

if (!customElements.get("export-rows")) customElements.define("export-rows", ExportRows);
