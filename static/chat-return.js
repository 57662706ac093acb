/**
 * <chat-return>: keeps what a mailed link gave, where the chat's own document looks for it, and opens that. The chat
 * was agreed to, so something may be kept.
 */

class ChatReturn extends HTMLElement {
  connectedCallback() {
    const { site, token, contact } = this.dataset;
    try {
      localStorage.setItem(`lethe:${site}`, JSON.stringify({ token, contact, signed: false }));
    } catch {
      this.querySelector("[role=alert]").hidden = false;
      return;
    }
    location.replace(`/widget/${encodeURIComponent(site)}?locale=${document.documentElement.lang}`);
  }
}

customElements.define("chat-return", ChatReturn);
