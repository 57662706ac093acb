"""What pages do to their documents and say of their elements, as tables for the walks of the button."""

import random

SCRIPT = '<script {how} src="{server}/widget.js" data-site="{site}"></script>'
AGAIN = """await new Promise((done) => {
    const script = document.createElement("script");
    Object.assign(script, { src: "SERVER/widget.js", onload: done });
    script.dataset.site = "SITE";
    document.body.append(script);
});"""
NEW = 'document.body.replaceWith(Object.assign(document.createElement("body"), { innerHTML: "<h1>New</h1>" }));'
ACTIONS = {
    "another body": NEW,
    "an empty body": "document.body.replaceChildren();",
    "other markup in the body": 'document.body.innerHTML = "<main>New</main>";',
    "the same markup anew": "document.documentElement.innerHTML = document.documentElement.innerHTML;",
    "other markup in the page": 'document.documentElement.innerHTML = "<head></head><body>New</body>";',
    "a copy of the page": "document.documentElement.replaceWith(document.documentElement.cloneNode(true));",
    "another page": """const page = document.implementation.createHTMLDocument("New").documentElement;
        document.documentElement.replaceWith(document.adoptNode(page));""",
    "a document opened anew": 'document.open(); document.write("<!doctype html><h1>New</h1>"); document.close();',
    "the button taken away": 'document.querySelector("lethe-chat").remove();',
    "the button moved": 'document.body.append(document.querySelector("lethe-chat"));',
    "a copy of the button": 'document.documentElement.append(document.querySelector("lethe-chat").cloneNode(true));',
    "every popover closed": 'for (const each of document.querySelectorAll("[popover]")) each.hidePopover();',
    "the script once more": AGAIN,
    "another body and the script once more": NEW + AGAIN,
}
HIDDEN = "visibility: hidden !important; opacity: 0 !important; display: none !important"
SMALL = "width: 1px !important; height: 1px !important; inset: auto !important; margin: 90px !important"
MOVED = "transform: translate(50px) rotate(9deg) !important; translate: 9px !important; scale: 2 !important"
BEFORE = 'content: "" !important; position: fixed !important; inset: 0 !important; background: red'
TURNED = "direction: rtl !important; unicode-bidi: bidi-override !important; writing-mode: vertical-rl !important"
AWAY = "@keyframes away { to { opacity: 0; inset: 0 } }"
RULES = {
    "everything in place": "* { position: relative; z-index: 1 }",
    "the body's children": "body > * { position: relative; z-index: 1; opacity: .4; pointer-events: none }",
    "only a heading": "body > :not(h1), html > :not(head, body) { display: none !important }",
    "everything reset": "* { all: unset !important }",
    "everything hidden": f":not(html) {{ {HIDDEN} }}",
    "everything small": f"* {{ {SMALL} }}",
    "everything still": "*, ::before { animation: none !important; transition: all 9s !important; float: left }",
    "everything moved": f"* {{ {MOVED} }}",
    "the page faded": "html, body { opacity: .4 } ",
    "the page filtered": "html { filter: invert(1) } body { filter: blur(3px) }",
    "the page moved": "html, body { transform: translateX(0); contain: paint; perspective: 1px }",
    "the page cut off": "html, body { overflow: hidden; height: 10px; clip-path: inset(0 90% 90% 0) }",
    "the page deaf": "html, body { pointer-events: none; user-select: none }",
    "backdrops": "::backdrop, *::backdrop { background: red !important; pointer-events: auto !important }",
    "what stands before": f"*::before {{ {BEFORE} }}",
    "its name": "lethe-chat { display: none !important; position: static !important; --fill: red !important }",
    "popovers": "[popover] { display: none !important; inset: 0 auto auto 0 !important; padding: 90px !important }",
    "colours of its own": ":root, * { --fill: red !important; --mark: red !important; color: red !important }",
    "another direction": f"* {{ {TURNED} }}",
    "a layer above": "h1 { position: fixed; inset: 0; z-index: 2147483647; margin: 0; background: red }",
    "a moving page": AWAY + " * { animation: away 1s infinite !important }",
}
SELECTORS = (
    *("*", "html", "body", "body > *", ":root > *", "lethe-chat", "[popover]", ":not(h1)", "*::backdrop", "::before"),
)
SAYINGS = (
    *("position: static", "position: absolute", "display: none", "display: inline", "opacity: .3", "filter: invert(1)"),
    *("inset: 0", "transform: scale(.5)", "margin: 99px", "padding: 50px", "width: 5px", "max-height: 3px", "order: 9"),
    *("pointer-events: none", "z-index: -1", "clip-path: circle(1px)", "contain: strict", "visibility: hidden"),
    *("background: red", "mix-blend-mode: difference", "float: left", "isolation: isolate", "overflow: hidden"),
    *("perspective: 9px", "rotate: 9deg", "backdrop-filter: invert(1)", "columns: 3"),
)


def invented(chosen: random.Random) -> dict[str, str]:
    """Rules that nobody has thought of; none hides the page itself."""
    made: dict[str, str] = {}
    for number in range(10):
        parts = (
            (chosen.choice(SELECTORS), chosen.choice(SAYINGS), chosen.choice(("", " !important"))) for _ in range(12)
        )
        rules = "".join(f"{selector} {{ {saying}{weight} }}" for selector, saying, weight in parts)
        made[f"{number}"] = rules + ":root:root { display: block !important }"
    return made
