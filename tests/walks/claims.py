"""What the modules promise that widget and inbox share, and the two transcripts; with each a fault that must show."""

import json
from dataclasses import dataclass
from typing import Any

from tests.walks.scripts import Change

ADDRESSES = "static/common/addresses.js"
DOM = "static/common/dom.js"
ENTRIES = "static/common/entries.js"
TEXTS = "static/common/texts.js"
UPLOADS = "static/common/uploads.js"
REDACTED = """const all = new its.Entries();
all.put({ seq: 1, text: "Hi", attachments: [{ id: "a" }, { id: "b" }] });
const put = (frame) => { all.put(frame); return all.get(1); };
"""
TRANSCRIPT = "its = new its.Transcript();\n"
LATEST = (
    TRANSCRIPT
    + """const said = (seq, more) => ({ type: "message", seq, text: `${seq}`, ...more });
const empty = { messages: [], notes: [], entries: [] };
its.welcome({ messages: [said(8), said(9)], first_seq: 8, notes: [{ type: "note", note: 2, after_seq: 7 }] });
const shown = () => its.entries.map(({ seq, note, text }) => text ?? (note ? `note ${note}` : `${seq} empty`));
"""
)
UP = """let all, answers = [];
const to = { url: "/up", headers: { "X-CSRF-Token": "t" } }, tell = () => {}, names = [];
globalThis.XMLHttpRequest = class extends EventTarget {
    upload = new EventTarget();
    open() {}
    setRequestHeader() {}
    async send() {
        await null;
        names.push(`${names.length + 1}`);
        [this.status, this.response] = answers.shift() ?? [201, { id: names.at(-1) }];
        this.dispatchEvent(new Event("loadend"));
    }
};
const up = (...files) => its.upload((all = files.map((each) => ({ file: new Blob(["x"]), ...each }))), to, tell);
"""


@dataclass(frozen=True)
class Claim:
    """What a function gives, of which `body` is the body and `its` a module, and a fault after which it does not."""

    module: str
    body: str
    gives: Any
    fault: Change


def found(text: str, *parts: str, fault: Change) -> Claim:
    """A text and what it is taken apart into, each address in angle brackets."""
    body = f"return its.parts({json.dumps(text)}).map((each) => each.source ? `<${{each.source}}>` : each);"
    return Claim(ADDRESSES, body, list(parts), fault)


CLAIMS = {
    "a ticket that begins with its latest messages has no gap, and shows nothing that stands before them": Claim(
        "static/transcript.js",
        LATEST
        + """its.note({ type: "note", note: 1, after_seq: 3 });
        const before = [its.lastSeq, its.hasGap, its.hasEarlier, ...shown()];
        its.message(said(11));
        return [before, its.lastSeq, its.hasGap];""",
        [[9, False, True, "note 2", "8", "9"], 9, True],
        fault=("this.lastSeq - this.first + 1", "this.lastSeq"),
    ),
    "what is earlier comes before, in its place, once": Claim(
        "static/transcript.js",
        LATEST
        + """const entries = [{ type: "system", entry: 1, after_seq: 6, text: "did" }];
        its.before({ ...empty, first_seq: 6, messages: [said(6), said(7)], entries });
        return [...shown(), its.hasGap, its.first];""",
        ["6", "did", "7", "note 2", "8", "9", False, 6],
        fault=("< this.first - 0.5", "< this.first + 1"),
    ),
    "what happened to earlier messages while they were asked for has happened to them": Claim(
        "static/transcript.js",
        LATEST
        + """its.earlier = "asked";
        its.redacted({ type: "redacted", seq: 10, target: 6 });
        its.redacted({ type: "edited", seq: 11, target: 7, text: "seven", held: false });
        its.message(said(5, { text: "released", held: false }));
        its.before({ ...empty, first_seq: 5, messages: [said(5, { text: undefined, held: true }), said(6), said(7)] });
        return shown();""",
        ["released", "6 empty", "seven", "note 2", "8", "9"],
        fault=("this.#meanwhile.push(frame)", "{}"),
    ),
    "who missed more than they are told begins there": Claim(
        "static/transcript.js",
        LATEST
        + """its.welcome({ messages: [said(20)], first_seq: 20 });
        return [...shown(), its.lastSeq, its.first];""",
        ["20", 20, 20],
        fault=("first > this.lastSeq + 1", "false"),
    ),
    "who missed no more keeps what is there": Claim(
        "static/transcript.js",
        LATEST
        + """its.welcome({ messages: [said(10)], first_seq: 10 });
        return [...shown(), its.lastSeq, its.first];""",
        ["note 2", "8", "9", "10", 10, 8],
        fault=("first > this.lastSeq + 1", "first > this.lastSeq"),
    ),
    "what stands in an element is text, whatever it holds": Claim(
        DOM,
        'return its.h("p", {}, "<b>x</b>", null, false, [["y"], its.h("i"), 0]).outerHTML;',
        "<p>&lt;b&gt;x&lt;/b&gt;y<i></i>0</p>",
        fault=("element.append(...children", "((...all) => { element.innerHTML = all.join(''); })(...children"),
    ),
    "an attribute that is true has no value, and one that is false or null is left out": Claim(
        DOM,
        'return its.h("input", { required: true, disabled: false, max: null, min: 0 }).outerHTML;',
        '<input required="" min="0">',
        fault=("value !== false && value != null", "value != null"),
    ),
    "a function among the attributes listens": Claim(
        DOM,
        """let times = 0;
        const button = its.h("button", { click: () => { times += 1; } });
        button.click();
        return [times, button.hasAttribute("click")];""",
        [1, False],
        fault=('typeof value === "function"', 'typeof value === "object"'),
    ),
    "an element may be defined again": Claim(
        DOM,
        """const again = () => its.define("a-b", class extends HTMLElement {});
        try { again(); again(); return "defined"; } catch { return "refused"; }""",
        "defined",
        fault=("if (!customElements.get(name)) ", ""),
    ),
    "a drawing is passed over by screen readers": Claim(
        DOM,
        'return its.drawing("send", "M5 12h13").outerHTML;',
        '<svg viewBox="0 0 24 24" class="icon icon-send" aria-hidden="true"><path d="M5 12h13"></path></svg>',
        fault=('svg.setAttribute("aria-hidden", "true");', ""),
    ),
    "a file is saved under its name": Claim(
        DOM,
        """const saved = [];
        HTMLAnchorElement.prototype.click = function () { saved.push([this.download, this.protocol]); };
        its.download(new Blob(["x"]), "x.txt");
        return saved;""",
        [["x.txt", "blob:"]],
        fault=("download: name", "rel: name"),
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
    "places are filled, and what is not there stays or is its key": Claim(
        TEXTS,
        """const fill = its.filler("en");
        const strings = { hi: "Hi {name}, {constructor}, {n}" };
        return [fill(strings, "hi", { name: "Zoe", n: 0 }), fill(strings, "none")];""",
        ["Hi Zoe, function Object() { [native code] }, 0", "none"],
        fault=("?? place", "|| place"),
    ),
    "a count takes the form of its language, or else the other one": Claim(
        TEXTS,
        """const fill = its.filler("en");
        const strings = { "n.one": "one", "n.other": "{count} of them", "m.other": "some" };
        return [["n", 1], ["n", 3], ["m", 1]].map(([key, count]) => fill(strings, key, { count }));""",
        ["one", "3 of them", "some"],
        fault=("plural.select(values.count)", '"other"'),
    ),
    "days are counted by the calendar and not by hours": Claim(
        TEXTS,
        """const day = (day, hour) => new Date(2026, 2, day, hour).toISOString();
        return [[29, 0], [28, 23], [27, 1], [30, 0]].map((at) => its.daysAgo(day(...at), day(29, 1)));""",
        [0, 1, 2, -1],
        fault=("new Date(time).setHours(0, 0, 0, 0)", "new Date(time).getTime()"),
    ),
    "nobody counts 1440 minutes": Claim(
        TEXTS,
        'return [1, 90, 91, 1440].map((minutes) => its.span(minutes, "en"));',
        ["1 minute", "90 minutes", "2 hours", "24 hours"],
        fault=("minutes > 90", "minutes > 9000"),
    ),
    "what comes out of turn leaves a hole": Claim(
        ENTRIES,
        """const all = new its.Entries();
        return [1, 3, 4, 2].map((seq) => { all.put({ seq }); return [all.lastSeq, all.size]; });""",
        [[1, 1], [1, 2], [1, 3], [4, 4]],
        fault=("while (this.#entries.has(this.lastSeq + 1)) this.lastSeq += 1", "this.lastSeq = entry.seq"),
    ),
    "a redaction empties the message that it names": Claim(
        ENTRIES,
        REDACTED + "return put({ seq: 2, target: 1 });",
        {"seq": 1, "text": None, "attachments": []},
        fault=("attachments, text: null }", "attachments }"),
    ),
    "or takes one file from it": Claim(
        ENTRIES,
        REDACTED + 'return put({ seq: 2, target: 1, attachment: "a" });',
        {"seq": 1, "text": "Hi", "attachments": [{"id": "b"}]},
        fault=("attachment && id !== attachment", "false"),
    ),
    "an inbox's note stands after the message it was written after": Claim(
        "static/transcript.js",
        """const ticket = new its.Transcript(1);
        const messages = [2, 1].map((seq) => ({ type: "message", seq }));
        const notes = [9, 8].map((note) => ({ type: "note", note, after_seq: 1 }));
        ticket.welcome({ messages, notes, read: { agent: 1 } });
        ticket.seen({ author: { kind: "agent" }, seq: 0 });
        return [ticket.entries.map(({ seq, note }) => seq ?? note), ticket.read, ticket.hasGap];""",
        [[1, 8, 9, 2], {"agent": 1, "visitor": 0}, False],
        fault=("+ 0.5", "- 0.5"),
    ),
    "a held message is shown where it stood": Claim(
        "static/transcript.js",
        """const ticket = new its.Transcript(1);
        ticket.message({ type: "message", seq: 1, held: true, text: null });
        ticket.reveal(1, "spam?");
        ticket.reveal(2, "none");
        return ticket.entries.map(({ held, text }) => [held, text]);""",
        [[True, "spam?"]],
        fault=("if (known?.held) ", ""),
    ),
    "a visitor's message waits until it is acknowledged, and once": Claim(
        "widget/transcript.js",
        TRANSCRIPT
        + """const id = its.hold("Hi\\ud800");
        const waits = its.lines.map(({ text, state }) => [text, state]);
        its.acked({ id, ticket: 7, seq: 1, at: "now" });
        its.acked({ id, ticket: 7, seq: 2, at: "now" });
        its.take({ type: "message", id, ticket: 7, seq: 1, text: "Hi", author: { kind: "visitor" } });
        return [waits, its.pending, its.lines.map(({ seq, state }) => [seq, state ?? null]), its.read, its.lastSeq];""",
        [[["Hi\ufffd", "sending"]], [], [[1, None]], {"agent": 0, "visitor": 1}, 1],
        fault=("this.#pending.delete(entry.id);", ""),
    ),
    "a change is asked for once and has one answer, and where there is no line that is one": Claim(
        "widget/edits.js",
        """const sent = [];
        const edits = new its.Edits((frame) => sent.push(frame));
        const [one, other] = [edits.ask(3, "new"), edits.ask(3, null)];
        edits.hear({ type: "error", id: sent[0].id, code: "not_now" });
        edits.hear({ type: "ack", id: sent[1].id });
        edits.hear({ type: "ack", id: "strange" });
        const dead = new its.Edits(() => false).ask(3, "new");
        return [sent.map(({ target, text }) => [target, text]), await one, await other, await dead];""",
        [[[3, "new"], [3, None]], "not_now", "", "unreachable"],
        fault=('else this.hear({ id, code: "unreachable" });', "else this.hear({ id });"),
    ),
    "another ticket than the one that was resumed is read from its start": Claim(
        "widget/transcript.js",
        TRANSCRIPT
        + """const welcome = (ticket, seq) => its.welcome({ epoch: 1, ticket, seq, messages: [{ seq }], read: {} });
        return [welcome(7, 1), welcome(7, 3), its.behind, welcome(8, 1), its.lastSeq];""",
        [True, True, True, False, 0],
        fault=("if (other && resumed && ticket !== null) return false;", ""),
    ),
    "files go up one after another, and those that are up stay": Claim(
        UPLOADS,
        UP + 'return [await up({ id: "a" }, {}, {}), names, all.map(({ id, sent }) => [id, sent ?? null])];',
        ["", ["1", "2"], [["a", None], ["1", None], ["2", None]]],
        fault=("filter(({ id }) => !id)", "filter(() => true)"),
    ),
    "the first that is refused ends it, in words that are ours": Claim(
        UPLOADS,
        UP + 'answers.push([422, { code: "invalid_field" }]); return [await up({}, {}), names];',
        ["file_refused", ["1"]],
        fault=("code ||= await", "code = await"),
    ),
    "no answer is another thing than one that says nothing": Claim(
        UPLOADS,
        UP + "answers.push([0, null], [502, null]); return [await up({}), await up({})];",
        ["unreachable", "unavailable"],
        fault=("return status ? (", "return true ? ("),
    ),
    "a file that is too large never leaves": Claim(
        UPLOADS,
        UP + "return [await up({ size: 10 * 2 ** 20 + 1 }), await up({ size: 10 * 2 ** 20 }), names];",
        ["file_too_large", "", ["1"]],
        fault=("each.size > LARGEST", "each.size > 2 * LARGEST"),
    ),
    "what is on its way goes up once": Claim(
        UPLOADS,
        UP + "const first = up({}); return [await its.upload(all, to, tell), await first, names];",
        [None, "", ["1"]],
        fault=("if (waiting.some(({ sent }) => sent !== undefined)) return null;", ""),
    ),
    "lengths are counted as the server counts them": Claim(
        "static/common/writing.js",
        'return ["", "aΩ", "🪴", "\\u{1f468}\\u200d\\u{1f469}"].map(its.lengthOf);',
        [0, 2, 1, 3],
        fault=("for (const _ of text) length += 1;", "length = text.length;"),
    ),
}
