/**
 * <mailed-link>: posts the secret of a mailed link, which stands in the address's fragment, and takes it out of the
 * address: not in the history, not in a copy of the link. Looking uses no link up, so programs that look into mail may.
 */

class MailedLink extends HTMLElement {
  // A link that is opened where its page is open already changes the fragment alone, and loads nothing.
  #arrive = () => {
    const form = this.querySelector("form");
    const arrived = location.hash.slice(1);
    if (arrived) history.replaceState(null, "", location.pathname + location.search);
    if (arrived) form.elements.link.value = arrived;
    const link = form.elements.link.value;
    // In another language the same page opens, by the same link.
    if (link) for (const each of document.querySelectorAll("a[hreflang]")) each.hash = link;
    const [missing, again] = this.querySelectorAll("[data-missing], [data-again]");
    if (missing) [missing.hidden, again.hidden] = [Boolean(link), !link];
    if (!arrived) return;
    // What was typed for another link is not sent with this one.
    for (const field of form.querySelectorAll("input:not([type='hidden'])")) field.disabled = true;
    form.requestSubmit();
  };

  connectedCallback() {
    addEventListener("hashchange", this.#arrive);
    this.#arrive();
  }

  disconnectedCallback() {
    removeEventListener("hashchange", this.#arrive);
  }
}

customElements.define("mailed-link", MailedLink);
