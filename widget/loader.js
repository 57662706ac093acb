/**
 * Draws the round button and nothing else: until it is pressed no cookie, no storage, no socket and no request but this
 * file. On the pages after somebody has agreed it loads the chat unseen, so that they learn of an answer.
 */
(() => {
  const AGAIN = Symbol.for("lethe");
  if (window[AGAIN]) return window[AGAIN]();

  // The button's name and the frame's are needed before any request; a test holds these against the locale files.
  const NAMES = {
    en: ["Open chat", "Chat", "The chat does not answer. Try again."],
    el: ["Άνοιγμα συνομιλίας", "Συνομιλία", "Η συνομιλία δεν απαντά. Δοκιμάστε ξανά."],
  };
  // What is important in a shadow tree wins over whatever the page says of its own elements, and the top layer over
  // their boxes.
  const STYLE = `
    :host { all: initial !important; display: block !important; position: fixed !important; inset: 0 !important; z-index: 2147483647 !important;
      direction: ltr !important; unicode-bidi: normal !important; color-scheme: light dark !important; pointer-events: none !important; }
    :host::before, :host::after, :host::backdrop { all: initial !important; display: none !important; }
    [hidden] { display: none !important; }
    div { position: absolute; inset: auto max(16px, env(safe-area-inset-right)) max(16px, env(safe-area-inset-bottom)) max(16px, env(safe-area-inset-left));
      display: flex; flex-direction: column; align-items: end; gap: 12px; }
    [data-position="start"] { align-items: start; }
    button, iframe, p { pointer-events: auto; border: 0; box-shadow: 0 1px 4px rgb(0 0 0 / .25), 0 8px 32px rgb(0 0 0 / .25); }
    button { position: relative; inline-size: 56px; block-size: 56px; padding: 0; border-radius: 50%; background: var(--fill); color: var(--mark); cursor: pointer; }
    button:focus-visible { outline: 2px solid CanvasText; outline-offset: 2px; box-shadow: 0 0 0 2px Canvas; }
    svg { display: block; inline-size: 26px; margin: auto; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    [aria-expanded="true"] span { display: none; }
    span { position: absolute; inset: -2px -2px auto auto; min-inline-size: 12px; padding: 0 4px; border-radius: 16px; background: #c02537; color: #fff;
      font: 600 12px/20px system-ui; box-shadow: 0 0 0 2px #fff; }
    iframe, p { border-radius: 16px; background: Canvas; }
    iframe { inline-size: 380px; block-size: min(640px, 100dvh - 100px); }
    iframe:not([data-ready]) { opacity: 0; }
    p { margin: 0; padding: 16px; color: CanvasText; font: 16px/20px system-ui; text-wrap: balance; }
    @media (max-width: 479.98px), (max-height: 479.98px) {
      iframe { position: fixed; inset: var(--top, 0) 0 auto; inline-size: 100%; block-size: var(--height, 100dvh); border-radius: 0; }
      [data-ready="yes"]:not([hidden]) + button { display: none; }
    }
    @media print { :host { display: none !important; } }`;

  const script = document.currentScript ?? document.querySelector('script[data-site], script[src*="/widget.js"]');
  const address = new URL(script?.src || location);
  /** From the script's `data-` attributes, or from its address where something has taken them away. */
  const given = (name) => script.dataset[name] || address.searchParams.get(name) || undefined;
  const site = script && given("site");
  if (!site) return console.error(`Lethe: the script names no site: ${address.origin}/widget.js?site=SITE_KEY`);

  const color = given("color");
  const locale =
    [given("locale"), document.documentElement.lang, ...navigator.languages]
      .map(language)
      .find((name) => Object.hasOwn(NAMES, name)) ?? "en";
  const server = address.origin;
  const mark = `lethe:${site}`;
  const host = document.createElement("lethe-chat");
  const root = host.attachShadow({ mode: "open" });
  const corner = document.createElement("div");
  const button = document.createElement("button");
  const badge = document.createElement("span");
  const frame = document.createElement("iframe");
  const away = document.createElement("p");
  let placed = -1000,
    late;

  /** `el` of `el-GR`, `EL`, `el_GR.UTF-8` and `ell`. */
  function language(tag) {
    try {
      return new Intl.Locale(/[a-z]+/i.exec(tag)[0]).language;
    } catch {
      return "";
    }
  }

  /** The mark is black or white, whichever contrasts more with the site's `#rrggbb` (WCAG 2.2). */
  function paint(hex) {
    if (!/^#[0-9a-f]{6}$/i.test(hex)) return;
    const [r, g, b] = [1, 3, 5]
      .map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    corner.style.setProperty("--fill", hex);
    corner.style.setProperty("--mark", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000" : "#fff");
  }

  function draw(open) {
    const path = open
      ? "M6 6l12 12M18 6L6 18"
      : "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
    button.querySelector("path").setAttribute("d", path);
    button.ariaExpanded = String(open);
  }

  const tell = () =>
    frame.dataset.ready === "yes" &&
    frame.contentWindow.postMessage({ lethe: "shown", open: !frame.hidden, color }, server);

  function load() {
    frame.src = `${server}/widget/${encodeURIComponent(site)}?locale=${locale}&origin=${encodeURIComponent(location.origin)}`;
    if (!frame.parentNode) corner.prepend(frame);
  }

  /** Plain words stand for the page that a browser shows of a server that is away; the button tries again. */
  function regret() {
    if (frame.hidden || frame.dataset.ready) return;
    show(false);
    corner.prepend(away);
  }

  function show(open) {
    frame.hidden = !open;
    away.remove();
    clearTimeout(late);
    if (open && !frame.dataset.ready) {
      load();
      late = setTimeout(regret, 6000);
    }
    draw(open);
    tell();
    (open ? frame : button).focus();
  }

  /** Storage throws where a browser denies it. */
  function kept(work) {
    try {
      return work(localStorage);
    } catch {
      return null;
    }
  }

  const heard = {
    here() {
      frame.dataset.ready = "no";
      if (away.parentNode) show(true);
    },
    ready(said) {
      frame.dataset.ready = "yes";
      paint(color ?? said.color);
      tell();
    },
    close: () => show(false),
    agreed: ({ yes }) => kept((storage) => (yes ? storage.setItem(mark, "agreed") : storage.removeItem(mark))),
    unread({ count, label }) {
      badge.hidden = !count;
      badge.textContent = count > 99 ? "99+" : count;
      button.ariaLabel = label;
    },
  };

  function hear({ origin, source, data }) {
    if (origin === server && source === frame.contentWindow && Object.hasOwn(heard, data?.lethe))
      heard[data.lethe](data);
  }

  const press = () => show(frame.hidden);
  const leave = ({ key }) => key === "Escape" && frame.src && show(false);

  /** A phone's keyboard covers the page: the chat keeps to what is left. */
  function fit() {
    corner.style.setProperty("--top", `${visualViewport.offsetTop}px`);
    corner.style.setProperty("--height", `${visualViewport.height}px`);
  }

  /** Whatever the page does to its document, one button is there. It stands beside the body, which pages exchange. */
  function place() {
    const page = document.documentElement;
    for (const other of document.querySelectorAll("lethe-chat")) if (other !== host) other.remove();
    if (page) watcher.observe(page, { childList: true });
    if (!document.body || host.parentNode === page) return;
    const wait = placed + 100 - performance.now(); // a page that takes it away each time is not to hang
    if (wait > 0) return void setTimeout(place, wait);
    placed = performance.now();
    delete frame.dataset.ready; // moved, it loads anew
    corner.dir = getComputedStyle(page).direction;
    page.append(host);
    host.showPopover?.();
    // A document that is opened anew forgets its listeners; those it has not forgotten are not added twice.
    addEventListener("message", hear);
    button.addEventListener("click", press);
    button.addEventListener("keydown", leave);
    for (const type of ["resize", "scroll"]) visualViewport.addEventListener(type, fit);
  }

  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.append(document.createElementNS(svg.namespaceURI, "path"));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(corner);
  host.setAttribute("popover", "manual");
  corner.dataset.position = given("position");
  badge.hidden = frame.hidden = true;
  [button.ariaLabel, frame.title, away.textContent] = NAMES[locale];
  away.role = "alert";
  button.append(svg, badge);
  frame.referrerPolicy = "strict-origin"; // where on the site the visitor is stays with the site
  corner.append(button);
  draw(false);
  paint("#2f6f5e");
  paint(color);
  const watcher = new MutationObserver(place);
  watcher.observe(document, { childList: true });
  window[AGAIN] = place;
  place();
  if (kept((storage) => storage.getItem(mark))) load();
})();
