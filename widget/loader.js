/** Draws the round button and nothing else: until it is pressed no cookie, no storage, no socket and no request but this file. */
(() => {
  // The button's name is needed before any request; a test holds these against the locale files.
  const LABELS = { en: "Open chat", el: "Άνοιγμα συνομιλίας" };
  const STYLE = `
    :host { all: initial; position: fixed; z-index: 2147483000; inset: auto auto max(16px, env(safe-area-inset-bottom));
      inset-inline-end: max(16px, env(safe-area-inset-right)); display: flex; flex-direction: column; align-items: end; gap: 12px; color-scheme: light dark; }
    :host([data-position="start"]) { inset-inline: max(16px, env(safe-area-inset-left)) auto; align-items: start; }
    [hidden] { display: none !important; }
    button { position: relative; inline-size: 56px; block-size: 56px; padding: 0; border: 0; border-radius: 50%; background: var(--fill); color: var(--mark); cursor: pointer;
      box-shadow: 0 1px 3px rgb(0 0 0 / .25), 0 6px 20px rgb(0 0 0 / .2); }
    button:focus-visible { outline: 2px solid CanvasText; outline-offset: 2px; box-shadow: 0 0 0 2px Canvas; }
    svg { display: block; inline-size: 26px; margin: auto; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    [aria-expanded="true"] span { display: none; }
    span { position: absolute; inset: -2px -2px auto auto; min-inline-size: 12px; padding: 0 4px; border-radius: 10px; background: #c02537; color: #fff;
      font: 600 12px/20px system-ui, sans-serif; box-shadow: 0 0 0 2px #fff; }
    iframe { inline-size: 380px; block-size: min(640px, 100dvh - 100px); border: 0; border-radius: 16px; background: Canvas; color-scheme: light dark;
      box-shadow: 0 2px 6px rgb(0 0 0 / .12), 0 12px 40px rgb(0 0 0 / .25); }
    @media (max-width: 479.98px), (max-height: 479.98px) {
      iframe { position: fixed; inset: var(--top, 0) 0 auto; inline-size: 100%; block-size: var(--height, 100dvh); border-radius: 0; }
      [data-ready]:not([hidden]) + button { display: none; }
    }
    @media print { :host { display: none; } }`;

  const script = document.currentScript ?? document.querySelector("script[data-site]");
  if (document.querySelector("lethe-chat")) return;
  const { site, locale = document.documentElement.lang || navigator.language, color, position } = script.dataset;
  const server = new URL(script.src).origin;
  const host = document.createElement("lethe-chat");
  const root = host.attachShadow({ mode: "open" });
  const button = document.createElement("button");
  const badge = document.createElement("span");
  const frame = document.createElement("iframe");

  /** The mark is black or white, whichever contrasts more with the site's `#rrggbb` (WCAG 2.2). */
  function paint(hex) {
    if (!/^#[0-9a-f]{6}$/i.test(hex)) return;
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    host.style.setProperty("--fill", hex);
    host.style.setProperty("--mark", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff");
  }

  function draw(open) {
    const path = open ? "M6 6l12 12M18 6L6 18" : "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
    button.querySelector("path").setAttribute("d", path);
    button.ariaExpanded = String(open);
  }

  const tell = () => "ready" in frame.dataset && frame.contentWindow.postMessage({ lethe: "shown", open: !frame.hidden, color }, server);

  function show(open) {
    if (!frame.src) {
      frame.src = `${server}/widget/${encodeURIComponent(site)}?locale=${encodeURIComponent(locale)}#${location.origin}`;
      root.prepend(frame);
    }
    frame.hidden = !open;
    draw(open);
    tell();
    (open ? frame : button).focus();
  }

  const heard = {
    ready(said) {
      frame.dataset.ready = "";
      paint(color ?? said.color);
      tell();
    },
    close: () => show(false),
    unread({ count, label }) {
      badge.hidden = !count;
      badge.textContent = count > 99 ? "99+" : count;
      button.ariaLabel = label;
    },
  };

  addEventListener("message", ({ origin, source, data }) => {
    if (origin === server && source === frame.contentWindow && Object.hasOwn(heard, data?.lethe)) heard[data.lethe](data);
  });

  /** A phone's keyboard covers the page: the chat keeps to what is left. */
  function fit() {
    host.style.setProperty("--top", `${visualViewport.offsetTop}px`);
    host.style.setProperty("--height", `${visualViewport.height}px`);
  }

  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.append(document.createElementNS(svg.namespaceURI, "path"));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  host.dir = getComputedStyle(document.documentElement).direction;
  host.dataset.position = position;
  badge.hidden = true;
  button.type = "button";
  button.ariaLabel = frame.title = LABELS[locale.slice(0, 2)] ?? LABELS.en;
  button.append(svg, badge);
  button.addEventListener("click", () => show(!frame.src || frame.hidden));
  button.addEventListener("keydown", ({ key }) => key === "Escape" && frame.src && show(false));
  frame.referrerPolicy = "strict-origin";   // where on the site the visitor is stays with the site
  visualViewport.addEventListener("resize", fit);
  visualViewport.addEventListener("scroll", fit);
  root.append(button);
  draw(false);
  paint("#2f6f5e");
  paint(color);
  if (document.body) document.body.append(host);
  else addEventListener("DOMContentLoaded", () => document.body.append(host));
})();
