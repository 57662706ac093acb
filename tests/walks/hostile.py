"""Texts that would be more than text somewhere, and a page that is watched for the least sign of it."""

import random
import string
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Dialog, Page, Request

MARK = "pwn"
"""Elements, hosts and globals of a payload that worked are named so, or begin so."""
COUNTED = str(31337 * 31)
"""What a template makes of a payload."""
FIXED = (
    "{{constructor.constructor('pwned=1')()}}",
    "{{31337*31}} ${31337*31} #{31337*31} <%= 31337*31 %> {31337*31}",
    "{count} {name} {0.__class__} %(name)s %s",
    '"><iMg SrC=x oNeRRor=pwned=1>',
    "'><svg/onload=pwned=1>",
    "</textarea></title></script><script>pwned=1</script>",
    "<pwn-ed>element</pwn-ed>",
    '<a href="javascript:pwned=1">press</a>',
    "javascript:pwned=1",
    "java\tscript:pwned=1",
    "[press](javascript:pwned=1) ![x](https://pwn.example/x.png)",
    "[img]https://pwn.example/bb.png[/img][url=javascript:pwned=1]press[/url]",
    "https://pwn.example/picture.png",
    "data:text/html,<script>pwned=1</script>",
    "<iframe src=https://pwn.example></iframe>",
    "<link rel=stylesheet href=https://pwn.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://pwn.example/'>",
    "<base href=https://pwn.example/>",
    "<form action=https://pwn.example><button>press</button></form>",
    "<style>@import 'https://pwn.example/x.css'</style>",
    "<object data=https://pwn.example></object><embed src=https://pwn.example>",
    "<math><mi xlink:href='javascript:pwned=1'>x</mi></math>",
    "<template><pwn-ed></pwn-ed></template>",
    "<!--><img src=x onerror=pwned=1>-->",
    "&lt;img src=x onerror=pwned=1&gt; &#60;b&#62;",
    "\u202e<b>gnp.exe</b>\u202c",
    "\\x3cimg src=x onerror=pwned=1\\x3e",
    "__proto__",
    "constructor",
    "';pwned=1;//",
    "`${pwned=1}`",
)
WRAPS = ("{}", '">{}', "'>{}", "</p>{}", "--!>{}", "]]>{}", "</style>{}", '\\">{}', "%3C{}", "<{}")
CORES = (
    "<{tag} {event}=pwned=1>",
    "<{tag}\n{event}\n=\npwned=1 >",
    "<{tag}/{event}='pwned=1'/>",
    "<{tag} src=https://pwn.example/{word} {event}=pwned=1>",
    "<pwn-{word}>{word}</pwn-{word}>",
)
TAGS = ("img", "svg", "video", "body", "input autofocus", "details open", "IMG", "x onclick=1", "marquee")
EVENTS = ("onerror", "onload", "ontoggle", "onfocus", "OnErRoR", "onpointerenter", "onanimationstart")


def payloads(dice: random.Random, count: int = 60) -> list[str]:
    """Those that are known, and as many others of their kind as make `count`."""
    made = list(FIXED)
    while len(made) < count:
        word = "".join(dice.choices(string.ascii_lowercase, k=6))
        core = dice.choice(CORES).format(tag=dice.choice(TAGS), event=dice.choice(EVENTS), word=word)
        made.append(dice.choice(WRAPS).replace("{}", core))
    return made


LIVING = """() => {
    const found = []
    // A link that is written out leads where it says, and tells the other side nothing.
    const leads = (element, name, value) => ["src", "href", "action", "data", "formaction"].includes(name)
        && (/^\\s*j\\s*a\\s*v\\s*a\\s*script:/i.test(value)
            || (value.includes("pwn.example") && !(element.localName === "a" && element.rel.includes("noopener"))))
    for (const element of document.querySelectorAll("*")) {
        const bad = element.localName.startsWith("pwn")
            || [...element.attributes].some(({name, value}) => /^on/i.test(name) || leads(element, name, value))
        if (bad) found.push(element.outerHTML.slice(0, 200))
    }
    if (globalThis.pwned !== undefined) found.push("a script ran")
    if ({}.pwned !== undefined) found.push("every object was changed")
    return found
}"""


@dataclass
class Watch:
    """What a page did that no text may make it do."""

    page: Page
    own: set[str]
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.page.on("pageerror", lambda error: self.done.append(f"error {error}"))

    def living(self) -> list[Any]:
        """All that is more than text, on the page and on its way; in every frame."""
        return [*self.done, *(each for frame in self.page.frames for each in frame.evaluate(LIVING))]

    def _dialog(self, dialog: Dialog) -> None:
        self.done.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme in {"http", "https", "ws", "wss"} and asked.netloc not in self.own:
            self.done.append(f"request {request.url}")
