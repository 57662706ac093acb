"""What widget and inbox share, module by module in a real browser: what it promises, and that a fault in it shows."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.walks.scripts import Change, serve

ADDRESSES = "static/common/addresses.js"
LINE = "static/common/line.js"
FAKES = """
const waits = [], sockets = [], heard = [], said = (name) => (what) => heard.push([name, what?.type ?? what ?? null]);
globalThis.Math.random = () => 1;
globalThis.setTimeout = (act, time) => waits.push({ act, time });
globalThis.clearTimeout = (number) => { if (number) waits[number - 1].act = null; };
globalThis.WebSocket = class extends EventTarget {
    static OPEN = 1;
    readyState = 1;
    sent = [];
    constructor() { super(); sockets.push(this); }
    send(text) { this.sent.push(JSON.parse(text).type); }
    close() { this.readyState = 3; }
    says(type) { this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify({ type }) })); }
    ends(code) { this.close(); this.dispatchEvent(new CloseEvent("close", { code })); }
};
const due = () => waits.filter(({ act }) => act).map(({ time }) => time);
const pass = () => { const next = waits.find(({ act }) => act); const { act } = next; next.act = null; act(); };
const listener = { received: said("received"), lost: said("lost"), over: said("over"), patience: (code) => code };
const line = new its.Line("ws://a.example", listener, { 4401: "out" });
line.open();
"""


@dataclass(frozen=True)
class Claim:
    """What a function gives, of which `body` is the body and `its` a module, and a fault after which it does not."""

    module: str
    body: str
    gives: Any
    fault: Change


def given(page: Page, claim: Claim) -> Any:
    """What the module gives."""
    return page.evaluate(f"async () => {{ const its = await import('/{claim.module}'); {claim.body} }}")


def found(text: str, *parts: str, fault: Change) -> Claim:
    """A text and what it is taken apart into, each address in angle brackets."""
    body = f"return its.parts({json.dumps(text)}).map((each) => each.source ? `<${{each.source}}>` : each);"
    return Claim(ADDRESSES, body, list(parts), fault)


def told(body: str, gives: Any, fault: Change) -> Claim:
    """What becomes of a line whose sockets and waits are the claim's own."""
    return Claim(LINE, FAKES + body, gives, fault)


CLAIMS = {
    "waits grow by half, from half a second, up to thirty": Claim(
        LINE,
        "return [0, 1, 2, 20].map((tries) => [0, 1].map((chance) => its.wait(tries, () => chance)));",
        [[500, 1000], [500, 1500], [500, 2250], [500, 30000]],
        fault=("Math.min(LONGEST, ", "Math.max(LONGEST, "),
    ),
    "each loss is waited for longer, and by more where the server says so": told(
        """for (const code of [0, 0, 7]) { sockets.at(-1).ends(code); heard.push(due()); pass(); }
        return heard;""",
        [["lost", 0], [1000], ["lost", 0], [1500], ["lost", 7], [2257]],
        fault=("this.#tries += 1;", ""),
    ),
    "once it is settled the waits begin anew": told(
        "sockets[0].ends(0); pass(); line.settled(); sockets[1].ends(0); return due();",
        [1000],
        fault=("this.#tries = 0;", ""),
    ),
    "a socket that never becomes one is given up after ten seconds": told(
        "const first = due(); pass(); return [first, heard, due(), sockets[0].readyState];",
        [[10_000], [["lost", 1006]], [2006], 3],
        fault=("silent?.close();", ""),
    ),
    "one that is connected is not": told(
        "line.connected(); return due();", [], ("clearTimeout(this.#timer);\n  }", "}")
    ),
    "a line that is over is opened by nothing": told(
        "sockets[0].ends(4401); line.hurry(); return [heard, due(), sockets.length];",
        [[["over", "out"]], [], 1],
        fault=("if (this.#over.signal.aborted) return;", ""),
    ),
    "what a socket says that was given up is not heard": told(
        "line.again(); sockets[0].says('message'); return heard;",
        [["lost", 1006]],
        fault=("socket === this.#socket && hear(event)", "hear(event)"),
    ),
    "a ping is answered and heard by nobody else": told(
        "sockets[0].says('ping'); sockets[0].says('message'); return [sockets[0].sent, heard];",
        [["pong"], [["received", "message"]]],
        fault=("if (!this.#heartbeat.heard(frame)) this", "this.#heartbeat.heard(frame); this"),
    ),
    "after forty seconds of silence it asks, and after ten more it gives up": told(
        """line.connected(); sockets[0].says("message");
        const silence = due(); pass();
        const answer = due(); pass();
        return [silence, sockets[0].sent, answer, heard.at(-1)];""",
        [[40_000], ["ping"], [10_000], ["lost", 1006]],
        fault=("this.#after(ANSWER, this.#dead);", "this.#after(ANSWER, () => {});"),
    ),
    "whoever hurries asks a socket that is there, and opens one where there is none": told(
        "line.hurry(); sockets[0].ends(0); line.hurry(); return [sockets[0].sent, sockets.length];",
        [["ping"], 2],
        fault=("this.#heartbeat.ask();\n    else this.open();", "this.open();"),
    ),
    "what nobody takes is not sent": told(
        "const sent = [line.send({})]; sockets[0].close(); return [...sent, line.send({})];",
        [True, False],
        fault=("return up;", "return true;"),
    ),
    "marks at the end of an address are the sentence's": found(
        "see https://a.example/x?!. Yes",
        *("see ", "<https://a.example/x>", "?!. Yes"),
        fault=("TRAILING.includes(match", "false && TRAILING.includes(match"),
    ),
    "a bracket around an address is the sentence's": found(
        "(https://a.example/x)",
        *("(", "<https://a.example/x>", ")"),
        fault=("open = 0;", "open = 1;"),
    ),
    "a bracket that closes one of the address's own is its": found(
        "(https://a.example/a_(b)), {http://[::1]}",
        *("(", "<https://a.example/a_(b)>", "), {", "<http://[::1]>", "}"),
        fault=("open += 1", "open += 0"),
    ),
    "one that was closed before is not open": found(
        "(https://a.example/(a)b)",
        *("(", "<https://a.example/(a)b>", ")"),
        fault=("open -= 1;\n  }", "open -= 0;\n  }"),
    ),
    "an apostrophe may be inside": found(
        "'https://a.example/murphy's_law'",
        *("'", "<https://a.example/murphy's_law>", "'"),
        fault=("[^\\s<>", "[^\\s'<>"),
    ),
    "what no browser could open stays text": found(
        "https:// and https://a b, https://[x",
        *("https:// and ", "<https://a>", " b, https://[x"),
        fault=("if (!URL.canParse(source)) continue;", "if (!URL.canParse(source)) return [];"),
    ),
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_module_does_what_it_promises_and_a_fault_shows(page: Page, claim: str) -> None:
    wanted = CLAIMS[claim]
    serve(page)
    assert given(page, wanted) == wanted.gives
    serve(page, {wanted.module: wanted.fault})
    assert given(page, wanted) != wanted.gives
