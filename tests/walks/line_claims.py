"""What the line promises that widget and inbox share, its sockets, waits and chance faked; with each a fault."""

from typing import Any

from tests.walks.claims import Claim
from tests.walks.scripts import Change

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


def line_claim(body: str, gives: Any, fault: Change) -> Claim:
    """What becomes of a line whose sockets and waits are the claim's own."""
    return Claim(LINE, FAKES + body, gives, fault)


LINE_CLAIMS = {
    "waits grow by half, from half a second, up to thirty": Claim(
        LINE,
        "return [0, 1, 2, 20].map((tries) => [0, 1].map((chance) => its.wait(tries, () => chance)));",
        [[500, 1000], [500, 1500], [500, 2250], [500, 30000]],
        fault=("Math.min(LONGEST, ", "Math.max(LONGEST, "),
    ),
    "each loss is waited for longer, and by more where the server says so": line_claim(
        """for (const code of [0, 0, 7]) { sockets.at(-1).ends(code); heard.push(due()); pass(); }
        return heard;""",
        [["lost", 0], [1000], ["lost", 0], [1500], ["lost", 7], [2257]],
        fault=("this.#tries += 1;", ""),
    ),
    "once it is settled the waits begin anew": line_claim(
        "sockets[0].ends(0); pass(); line.settled(); sockets[1].ends(0); return due();",
        [1000],
        fault=("this.#tries = 0;", ""),
    ),
    "a socket that never becomes one is given up after ten seconds": line_claim(
        "const first = due(); pass(); return [first, heard, due(), sockets[0].readyState];",
        [[10_000], [["lost", 1006]], [2006], 3],
        fault=("silent?.close();", ""),
    ),
    "one that is connected is not": line_claim(
        "line.connected(); return due();", [], ("clearTimeout(this.#timer);\n  }", "}")
    ),
    "a line that is over is opened by nothing": line_claim(
        "sockets[0].ends(4401); line.hurry(); return [heard, due(), sockets.length];",
        [[["over", "out"]], [], 1],
        fault=("if (this.#over.signal.aborted) return;", ""),
    ),
    "what a socket says that was given up is not heard": line_claim(
        "line.again(); sockets[0].says('message'); return heard;",
        [["lost", 1006]],
        fault=("socket === this.#socket && hear(event)", "hear(event)"),
    ),
    "a ping is answered and heard by nobody else": line_claim(
        "sockets[0].says('ping'); sockets[0].says('message'); return [sockets[0].sent, heard];",
        [["pong"], [["received", "message"]]],
        fault=("if (!this.#heartbeat.heard(frame)) this", "this.#heartbeat.heard(frame); this"),
    ),
    "after forty seconds of silence it asks, and after ten more it gives up": line_claim(
        """line.connected(); sockets[0].says("message");
        const silence = due(); pass();
        const answer = due(); pass();
        return [silence, sockets[0].sent, answer, heard.at(-1)];""",
        [[40_000], ["ping"], [10_000], ["lost", 1006]],
        fault=("this.#after(ANSWER, this.#dead);", "this.#after(ANSWER, () => {});"),
    ),
    "whoever hurries asks a socket that is there, and opens one where there is none": line_claim(
        "line.hurry(); sockets[0].ends(0); line.hurry(); return [sockets[0].sent, sockets.length];",
        [["ping"], 2],
        fault=("this.#heartbeat.ask();\n    else this.open();", "this.open();"),
    ),
    "what nobody takes is not sent": line_claim(
        "const sent = [line.send({})]; sockets[0].close(); return [...sent, line.send({})];",
        [True, False],
        fault=("return up;", "return true;"),
    ),
}
