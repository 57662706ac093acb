/**
 * Draws the round button and nothing else: until it is pressed no cookie, no storage, no socket and no request but this
 * file. On the pages after somebody has agreed it loads the chat unseen, so that they learn of an answer.
 */
(() => {
  const KEY = Symbol.for("lethe");
  if (window[KEY]) return window[KEY]();

  // The button's name and the frame's are needed before any request; a test holds these against the locale files.
  const NAMES = {
    en: ["Open chat", "Chat", "The chat does not answer. Try again."],
    el: ["Άνοιγμα συνομιλίας", "Συνομιλία", "Η συνομιλία δεν απαντά. Δοκιμάστε ξανά."],
  };
  // The mark is black or white, whichever contrasts more with the site's colour: they do alike at the lightness 49.4.
  // What is important in a shadow tree wins over whatever the page says of its own elements, and the top layer over
  // their boxes.
  const STYLE = `
    :host { all: initial !important; display: block !important; position: fixed !important; inset: 0 !important; z-index: 2147483647 !important;
      direction: ltr !important; unicode-bidi: normal !important; color-scheme: light dark !important; pointer-events: none !important; }
    :host::before, :host::after, :host::backdrop { display: none !important; }
    [hidden] { display: none !important; }
    div { position: absolute; inset: auto max(16px, env(safe-area-inset-right)) max(16px, env(safe-area-inset-bottom)) max(16px, env(safe-area-inset-left));
      display: flex; flex-direction: column; align-items: end; gap: 12px; }
    [data-position=start] { align-items: start; }
    button, iframe, p { pointer-events: auto; border: 0; box-shadow: 0 1px 4px #0004, 0 8px 32px #0004; }
    button { position: relative; inline-size: 56px; block-size: 56px; padding: 0; border-radius: 50%; background: var(--fill); color: lab(from var(--fill) calc(9e9 * (49.4 - l)) 0 0); cursor: pointer; }
    button:focus-visible { outline: 2px solid CanvasText; outline-offset: 2px; box-shadow: 0 0 0 2px Canvas; }
    svg { display: block; inline-size: 26px; margin: auto; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
    [aria-expanded=true] span { display: none; }
    span { position: absolute; inset: -2px -2px auto auto; min-inline-size: 12px; padding: 0 4px; border-radius: 16px; background: #c02537; color: #fff;
      font: 600 12px/20px system-ui; box-shadow: 0 0 0 2px #fff; }
    iframe, p { border-radius: 16px; background: Canvas; }
    iframe { inline-size: 380px; block-size: min(640px, 100dvh - 100px); }
    iframe:not([data-ready]) { opacity: 0; }
    p { margin: 0; padding: 16px; font: 16px system-ui; }
    @media (max-width: 479.98px), (max-height: 479.98px) {
      iframe { position: fixed; inset: var(--top, 0) 0 auto; inline-size: 100%; block-size: var(--height, 100dvh); border-radius: 0; }
      [data-ready=yes]:not([hidden]) + button { display: none; }
    }
    @media print { :host { display: none !important; } }`;

  const script = document.currentScript ?? document.querySelector('script[data-site], script[src*="/widget.js"]');
  const url = new URL(script?.src || location);
  const server = url.origin;
  /** From the script's `data-` attributes, or from its address where something has taken them away. */
  const given = (name) => script.dataset[name] || url.searchParams.get(name) || undefined;
  const site = script && given("site");
  if (!site) return console.error(`Lethe: no site: ${server}/widget.js?site=SITE_KEY`);

  const color = given("color");
  const locale =
    [given("locale"), document.documentElement.lang, ...navigator.languages]
      .map(language)
      .find((name) => Object.hasOwn(NAMES, name)) ?? "en";
  const mark = `lethe:${site}`;
  const host = document.createElement("lethe-chat");
  const root = host.attachShadow({ mode: "open" });
  const [corner, button, badge, frame, away] = ["div", "button", "span", "iframe", "p"].map((name) =>
    document.createElement(name),
  );
  const [svg, path] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  /** Who is signed in on the page, as it says: kept here alone, and passed to the frame, which asks for consent first. */
  let who = JSON.stringify(script.dataset),
    placed,
    late,
    title,
    own;

  /** `el` of `el-GR`, `EL`, `el_GR.UTF-8` and `ell`. */
  function language(tag) {
    try {
      return new Intl.Locale(/[a-z]+/i.exec(tag)[0]).language;
    } catch {
      return "";
    }
  }

  const set = (name, value) => corner.style.setProperty(name, value);
  const paint = (hex) => /^#[0-9a-f]{6}$/i.test(hex) && set("--fill", hex);

  function draw(open) {
    path.setAttribute(
      "d",
      open ? "M6 9l6 6 6-6" : "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
    );
    button.ariaExpanded = open;
  }

  const tell = () =>
    frame.dataset.ready && frame.contentWindow.postMessage({ lethe: "shown", open: !frame.hidden, color, who }, server);

  /** What the page hears by `Lethe.on`. */
  const fire = (type, detail) => host.dispatchEvent(new CustomEvent(type, { detail }));

  function load() {
    frame.src = `${server}/widget/${encodeURIComponent(site)}?${new URLSearchParams({ locale, origin: location.origin })}`;
    if (!frame.parentNode) corner.prepend(frame);
  }

  function show(open) {
    if (frame.hidden !== open) return; // it stands so already: who calls it twice does not move the focus
    frame.hidden = !open;
    away.remove();
    clearTimeout(late);
    if (open && !frame.dataset.ready) {
      load();
      // Plain words stand for the page that a browser shows of a server that is away; the button tries again.
      late = setTimeout(() => {
        if (frame.hidden || frame.dataset.ready) return;
        show(false);
        corner.prepend(away);
      }, 6000);
    }
    draw(open);
    tell();
    (open ? frame : button).focus();
    fire(open ? "open" : "close");
  }

  /** Storage throws where a browser denies it. */
  function kept(work) {
    try {
      return work(localStorage);
    } catch {
      return "";
    }
  }

  const heard = {
    here() {
      frame.dataset.ready = "no";
      if (away.parentNode) show(true);
      else tell();
    },
    ready(said) {
      frame.dataset.ready = "yes";
      paint(color ?? said.color);
      corner.dataset.position = given("position") ?? said.position;
      tell();
      fire("ready");
    },
    close: () => show(false),
    left: () => (who = null), // here or in another window; said once, or it would count for who comes next
    agreed: ({ yes }) => kept((it) => (yes ? (it[mark] = "agreed") : delete it[mark])),
    unread({ count, label }) {
      badge.hidden = !count;
      badge.textContent = count > 99 ? "99+" : count;
      // The page's title says how many wait, until they are read; what the page itself writes meanwhile stays.
      if (document.title !== title) own = document.title;
      document.title = title = count ? `(${count}) ${own}` : own;
      button.ariaLabel = label;
      fire("unread", { count });
    },
  };

  function hear({ origin, source, data }) {
    if (origin !== server || source !== frame.contentWindow) return;
    if (Object.hasOwn(heard, data.lethe)) heard[data.lethe](data);
    else fire(data.lethe, data);
  }

  /** What the page may do: `Lethe`, unless it has one of its own. */
  if (!Object.hasOwn(window, "Lethe"))
    window.Lethe = {
      open: () => show(true),
      close: () => show(false),
      on(type, work) {
        host.addEventListener(type, work);
        return () => host.removeEventListener(type, work);
      },
      identify(said) {
        who = JSON.stringify(said);
        tell();
      },
      logout() {
        who = 0;
        tell();
      },
    };

  const press = ({ key }) => (key ? key === "Escape" && show(false) : show(frame.hidden));

  /** A phone's keyboard covers the page: the chat keeps to what is left. */
  function fit() {
    set("--top", `${visualViewport.offsetTop}px`);
    set("--height", `${visualViewport.height}px`);
  }

  /** Whatever the page does to its document, one button is there. It stands beside the body, which pages exchange. */
  function place() {
    const page = document.documentElement;
    for (const other of document.querySelectorAll("lethe-chat")) if (other !== host) other.remove();
    if (page) watcher.observe(page, { childList: true });
    if (placed || !document.body || host.parentNode === page) return;
    // A page that takes it away each time is not to hang.
    placed = setTimeout(() => {
      placed = 0;
      place();
    }, 100);
    delete frame.dataset.ready; // moved, it loads anew
    corner.dir = getComputedStyle(page).direction;
    page.append(host);
    host.showPopover?.();
    // A document that is opened anew forgets its listeners; those it has not forgotten are not added twice.
    addEventListener("message", hear);
    button.addEventListener("click", press);
    button.addEventListener("keydown", press);
    visualViewport.addEventListener("resize", fit);
    visualViewport.addEventListener("scroll", fit);
  }

  svg.setAttribute("viewBox", "0 0 24 24");
  svg.append(path);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];
  root.append(corner);
  host.popover = "manual";
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
  window[KEY] = place;
  place();
  if (kept((it) => it[mark])) load();
})();
