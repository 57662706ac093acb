"""The docs name all there is and nothing that is not; their links resolve, their examples read, their snippets run."""

import hashlib
import json
import re
import shlex
import subprocess
import sys
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Union, get_args
from uuid import uuid4

import msgspec
import pytest
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.testclient import TestClient

from chat.__main__ import parser
from chat.app import create_app
from chat.core import frames
from chat.core.crypt import Signer, canonical
from chat.core.errors import LetheError
from chat.core.settings import NAMES, Settings, from_env
from chat.infra.metrics import Metrics
from chat.routes import every, routes
from chat.web import requests
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import LIMIT
from tests import derived
from tests import routes as routed

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")])
OUT: Any = Union[tuple(frames.OutboundFrame.__subclasses__())]  # noqa: UP007 - a union of what there is, not of what is named here
SIDES = {
    "From the visitor": get_args(frames.VisitorFrame),
    "From the agent": get_args(frames.AgentFrame),
    "From the server": get_args(OUT),
}
ADDRESS = re.compile(r"`((?:GET|POST|PUT|PATCH|DELETE) /[^`]*)`")
HEADING = re.compile(r"^(#{1,6}) +(.+)$", re.MULTILINE)
OTHER = Signer(b"another server's secret")


@cache
def read(name: str) -> str:
    """A page by its path from the top."""
    return (ROOT / name).read_text()


def section(page: str, title: str) -> str:
    """What a page says under a heading, up to the next one that is as high."""
    match = re.search(rf"^(#+) {re.escape(title)}\n(.*?)(?=^\1 |\Z)", page, re.MULTILINE | re.DOTALL)
    assert match, title
    return match[2]


def rows(text: str) -> dict[str, str]:
    """Each table row of a text by the name in code marks that it begins with."""
    return {match[1]: match[0] for match in re.finditer(r"^\| `([^`]+)`.*$", text, re.MULTILINE)}


def fences(text: str, kind: str) -> list[str]:
    """What stands in a text's fenced blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def missing(names: Iterable[str], text: str) -> set[str]:
    """Those names that a text nowhere has in code marks."""
    marked = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    said = " ".join(re.findall(r"`([^`]+)`", marked))
    return {name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", said)}


def tree(error: type[LetheError]) -> Iterator[type[LetheError]]:
    """An error and all below it."""
    yield error
    for below in error.__subclasses__():
        yield from tree(below)


def addresses(found: Iterable[BaseRoute], prefix: str = "") -> Iterator[str]:
    """Each verb and path of some routes, as `GET /tickets/{number}`."""
    for route in found:
        if isinstance(route, Mount):
            path = prefix + route.path
            yield from addresses(route.routes, path) if route.routes else [f"GET {path}/{{path}}"]
        elif isinstance(route, WebSocketRoute):
            yield f"GET {prefix}{route.path}"
        elif isinstance(route, Route):
            path = prefix + re.sub(r":\w+}", "}", route.path)
            yield from (f"{verb} {path}" for verb in (route.methods or set()) - {"HEAD"})


def anchors(page: str) -> set[str]:
    """The names under which a page's headings are found."""
    bare = (re.sub(r"[^\w\- ]", "", match[2].lower()) for match in HEADING.finditer(page))
    return {heading.strip().replace(" ", "-") for heading in bare}


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere in this project."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        reached = "://" in link or (target.exists() and (not anchor or anchor in anchors(target.read_text())))
        found += [] if reached else [link]
    return found


def test_every_setting_is_in_the_docs() -> None:
    table = rows(section(read("docs/operating.md"), "Settings"))
    assert set(table) == set(NAMES)


def test_every_command_and_option_is_in_the_docs() -> None:
    said = section(read("docs/operating.md"), "Commands")
    commands = next(action.choices for action in parser()._actions if isinstance(action.choices, dict))
    assert set(rows(said)) == {f"lethe {name}" for name in commands}
    for name, command in commands.items():
        options = {option for action in command._actions for option in action.option_strings}
        assert not missing(options - {"-h", "--help"}, rows(said)[f"lethe {name}"])


@pytest.mark.parametrize("side", SIDES)
def test_every_frame_and_field_is_in_the_docs(side: str) -> None:
    table = rows(section(read("docs/protocol.md"), side))
    known = {str(frame.__struct_config__.tag): frame for frame in SIDES[side]}
    assert known.keys() == table.keys()
    for tag, frame in known.items():
        nested = [kind for each in msgspec.structs.fields(frame) if (kind := each.type) is frames.Choices]
        fields = {*frame.__struct_fields__, *(name for kind in nested for name in kind.__struct_fields__)}
        assert not missing(fields, table[tag]), tag


@pytest.mark.parametrize("side", SIDES)
def test_every_example_of_a_frame_reads(side: str) -> None:
    said = section(read("docs/protocol.md"), side).partition("\n### ")[0]
    reads = {"From the visitor": frames.visitor_frame, "From the agent": frames.agent_frame}
    lines = [line for block in fences(said, "json") for line in block.splitlines()]
    shown = set()
    for line in lines:
        if side in reads:
            reads[side](line)
        else:
            assert json.loads(frames.encode(msgspec.json.decode(line, type=OUT))) == json.loads(line)
        shown.add(json.loads(line)["type"])
    assert shown == {str(frame.__struct_config__.tag) for frame in SIDES[side]}


def test_every_example_is_json() -> None:
    blocks = fences(read("docs/protocol.md"), "json")
    assert blocks
    assert all(json.loads(line) for block in blocks for line in block.splitlines())


def test_every_error_is_in_the_docs_with_its_status() -> None:
    table = rows(section(read("docs/protocol.md"), "Errors"))
    known = {error.code: error.status for error in tree(LetheError)}
    assert {code: int(row.split("|")[2]) for code, row in table.items()} == known


def test_every_close_code_is_in_the_docs() -> None:
    said = section(read("docs/protocol.md"), "Close codes")
    known = {str(value) for name, value in vars(frames).items() if name.startswith("CLOSE_")}
    assert set(re.findall(r"^\| (\d{4}) ", said, re.MULTILINE)) == known


def test_every_address_is_in_the_docs() -> None:
    assert set(ADDRESS.findall(read("docs/protocol.md"))) == set(addresses(routes()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_derives_is_what_the_code_says(page: Path) -> None:
    assert derived.written(page.read_text()) == page.read_text(), "./run docs writes it"


def test_folders_that_import_each_other_are_named() -> None:
    assert derived.ordered({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == ["a", "b", "c"]
    with pytest.raises(ValueError, match="circle: b, c"):
        derived.ordered({"a": {"b"}, "b": {"c"}, "c": {"b"}})


class Wish(msgspec.Struct):
    """What an address here is sent."""

    wish: int
    why: str = ""


def test_the_table_of_routes_says_for_whom_each_is_and_what_it_takes() -> None:
    async def wished(_: Ask[Wish]) -> list[Wish] | Response:
        """Grant it. Later."""
        return []

    made = endpoint("POST /wishes", permission="site.change", audited={"site.changed"}, query=[LIMIT], status=(201,))
    assert routed.row(made(wished)) == (
        "| `POST /api/v1/wishes` | owners and admins: `site.change` | `?limit`, `wish`, `why`? | 201, `list[Wish]` "
        "| `site.changed` | Grant it. |"
    )
    other = endpoint("GET /wishes/{number:int}", audience="agent")(wished)
    assert routed.row(other).startswith("| `GET /wishes/{number}` | every agent | `wish`, `why`? | 200, ")
    assert len({routed.row(each) for each in every()}) == len(every())


def test_a_line_of_another_day_in_a_page_is_found_out() -> None:
    page = read("docs/modules.md")
    assert "`chat/app.py`" in page
    old = re.sub(r"^\| `chat/app.py` .*\n", "| `chat/app.py` | what it was |\n", page, flags=re.MULTILINE)
    assert old != page
    assert derived.written(old) == page


def test_every_metric_is_in_the_docs() -> None:
    table = rows(section(read("docs/operating.md"), "Metrics"))
    known = {line.split()[2] for line in Metrics().page().decode().splitlines() if line.startswith("# HELP")}
    assert set(table) == {name for name in known if not name.endswith("_created")}


def test_the_pace_of_a_body_is_in_the_docs() -> None:
    said = " ".join(section(read("docs/operating.md"), "A proxy in front").split())
    pace, rate = f"{requests.PATIENCE:.0f} seconds", f"{requests.LEAST_RATE // 1024} KiB"
    assert f"a body has {pace}, and a second more for each {rate}" in said
    assert f"{rate} a second are fast enough for a body" in read("SECURITY.md")


def test_the_proxies_of_the_docs_keep_the_metrics_inside() -> None:
    said = section(read("docs/operating.md"), "A proxy in front")
    for language, line in {"nginx": "location = /metrics { return 404; }", "caddyfile": "respond /metrics 404"}.items():
        (sample,) = fences(said, language)
        assert line in sample, language


@pytest.mark.parametrize("made_up", ["LETHE_NOPE", "lethe nope", "--nope", "nope"])
def test_what_is_not_in_the_docs_is_reported(made_up: str) -> None:
    assert missing([made_up], "`hello` `lethe serve` `--port` and nope in plain words") == {made_up}
    assert not missing([made_up], f"also `{made_up}`")


def test_a_route_that_is_not_in_the_docs_is_reported() -> None:
    made_up = Mount("/api", routes=[Route("/nope/{number:int}", lambda _: None, methods=["PUT"])])
    assert set(addresses([made_up])) == {"PUT /api/nope/{number}"}
    assert not set(addresses([made_up])) & set(ADDRESS.findall(read("docs/protocol.md")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert not broken(page)


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# The end\n")
    (tmp_path / "a.md").write_text("[a](b.md#the-end) [b](c.md) [c](b.md#nope) [d](#nope) [e](https://example.com/)")
    assert broken(tmp_path / "a.md") == ["c.md", "b.md#nope", "#nope"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_is_there(page: Path) -> None:
    named = re.findall(r"`((?:chat|spam|tests|widget|static|bench|docs)/[\w./-]+)`", page.read_text())
    assert not [path for path in named if not ((ROOT / path).exists() or (ROOT / f"{path}.py").exists())]


def test_every_decision_has_its_number_and_parts() -> None:
    pages = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert len({page.name[:4] for page in pages}) == len(pages)
    for page in pages:
        text = page.read_text()
        assert text.startswith(f"# {page.name[:4]}. "), page
        parts = [text.find(f"**{part}.**") for part in ("Faced", "Chose", "Costs", "What would change our mind")]
        assert -1 < parts[0] < parts[1] < parts[2] < parts[3], page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_line_reads(page: Path) -> None:
    usage = read("run").partition("END\n")[0]
    lines = [line for block in fences(page.read_text(), "sh") for line in block.replace("\\\n", " ").splitlines()]
    for line in lines:
        words = [word for word in shlex.split(line, comments=True) if not re.fullmatch(r"[A-Z_]+=.*", word)]
        if words[:1] == ["lethe"]:
            parser().parse_args(words[1:])
        elif words[:1] == ["./run"]:
            assert re.search(rf"^  {words[1]}\b", usage, re.MULTILINE), line


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What a server says to a visitor who agrees, asks and reads, and to an agent who looks."""
    settings = from_env({"LETHE_DATA": str(tmp_path_factory.mktemp("data"))})
    made = _begun(settings)
    with TestClient(create_app(settings)) as client:
        agent = {"authorization": f"Bearer {made['api_token']}"}
        notice = json.loads(fences(section(read("docs/protocol.md"), "A notice"), "json")[0])
        version = client.post("/api/v1/notices", headers=agent, json=notice).json()["version"]
        site = f"/widget/{made['site_key']}"
        asked = json.loads(fences(section(read("docs/protocol.md"), "HTTP for the widget"), "json")[1])
        given = client.post(f"{site}/sessions", json=asked | {"notice_version": version}).json()
        with client.websocket_connect("/ws/visitor", subprotocols=["lethe.v1"]) as socket:
            socket.send_json({"type": "hello", "token": given["token"]})
            socket.receive_json()
            socket.send_json({"type": "message", "id": str(uuid4()), "text": "Where is my order?"})
            socket.receive_json()
        yield {
            "jwks": client.get("/.well-known/jwks.json").json(),
            "receipt": client.get(f"{site}/receipt", headers={"authorization": f"Bearer {given['token']}"}).json(),
            "config": client.get(f"{site}/config").json(),
            "summary": client.get("/api/v1/tickets/1", headers=agent).json(),
            "erasure": client.delete(f"/api/v1/contacts/{given['contact_id']}", headers=agent).json(),
        }


def _begun(settings: Settings) -> dict[str, str]:
    """What `lethe init` answers on these settings."""
    init = ["init", "--account", "Shop", "--email", "owner@example.com", "--origin", "https://shop.example", "--json"]
    environ = {"PYTHONPATH": str(ROOT), "LETHE_DATA": str(settings.data)}
    command = [sys.executable, "-m", "chat", *init]
    done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
    made: dict[str, str] = json.loads(done.stdout)
    return made


def test_the_receipt_config_and_summary_are_as_the_docs_show(answers: dict[str, Any]) -> None:
    protocol = read("docs/protocol.md")
    config = json.loads(fences(section(protocol, "HTTP for the widget"), "json")[0])
    (line,) = fences(section(protocol, "From the server"), "json")[1].splitlines()
    summary = json.loads(line)
    assert json.loads(frames.encode(msgspec.json.decode(line, type=OUT))) == summary
    receipt = json.loads(fences(section(read("docs/privacy.md"), "The receipt"), "json")[0])
    assert config.keys() == answers["config"].keys()
    assert summary.keys() - {"type", "ticket"} == answers["summary"].keys()
    assert _shape(receipt) == _shape(answers["receipt"])


def _shape(value: Any) -> Any:
    return {name: _shape(part) for name, part in value.items()} if isinstance(value, dict) else type(value)


def test_the_snippets_tell_a_true_receipt_from_a_forged_one(answers: dict[str, Any], tmp_path: Path) -> None:
    snippets = fences(section(read("docs/privacy.md"), "The receipt"), "python")
    assert snippets
    true, forged = answers["receipt"], json.loads(json.dumps(answers["receipt"]))
    forged["receipt"]["consent"]["spam_training"] = True
    (tmp_path / "jwks.json").write_text(json.dumps(answers["jwks"]))
    for snippet in snippets:
        assert _runs(snippet, true, tmp_path) == 0
        assert _runs(snippet, forged, tmp_path) != 0
        assert _runs(snippet, _signed_by_another(true), tmp_path) != 0


def test_a_receipt_of_another_server_is_good_with_its_key_and_with_no_other(
    answers: dict[str, Any], tmp_path: Path
) -> None:
    (snippet,) = fences(section(read("docs/privacy.md"), "The receipt"), "python")
    theirs = _signed_by_another(answers["receipt"])
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [OTHER.jwk]}))
    assert _runs(snippet, theirs, tmp_path) == 0
    assert _runs(snippet, answers["receipt"], tmp_path) != 0
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [OTHER.jwk, *answers["jwks"]["keys"]]}))
    assert [_runs(snippet, each, tmp_path) for each in (theirs, answers["receipt"])] == [0, 0]


def test_the_published_key_is_a_json_web_key_as_the_rfc_says() -> None:
    """With the example of RFC 8037, appendix A.3, of a key and its thumbprint."""
    raw = b64decode("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
    made = {"crv": "Ed25519", "kty": "OKP", "x": urlsafe_b64encode(raw).rstrip(b"=").decode()}
    thumb = urlsafe_b64encode(hashlib.sha256(canonical(made)).digest()).rstrip(b"=").decode()
    assert thumb == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    ours = {name: OTHER.jwk[name] for name in made}
    assert OTHER.jwk["kid"] == urlsafe_b64encode(hashlib.sha256(canonical(ours)).digest()).rstrip(b"=").decode()
    assert b64decode(OTHER.public_key) == urlsafe_b64decode(OTHER.jwk["x"] + "=")


def _signed_by_another(receipt: dict[str, Any]) -> dict[str, Any]:
    """The same receipt as another server would have signed it."""
    said = receipt["receipt"] | {"signed_with": OTHER.public_key}
    proof = receipt["signature"] | {"value": OTHER.sign(canonical(said)), "public_key": OTHER.public_key}
    return {"receipt": said, "signature": proof}


def test_the_notice_of_a_receipt_hashes_as_the_docs_say(answers: dict[str, Any], tmp_path: Path) -> None:
    snippets = fences(section(read("docs/privacy.md"), "The notice's hash"), "python")
    assert snippets
    changed = json.loads(json.dumps(answers["receipt"]))
    changed["receipt"]["notice"]["purposes"][0]["label"] += "!"
    (tmp_path / "jwks.json").write_text(json.dumps(answers["jwks"]))
    for snippet in snippets:
        assert _runs(snippet, answers["receipt"], tmp_path) == 0
        assert _runs(snippet, changed, tmp_path) != 0


def _runs(snippet: str, receipt: dict[str, Any], folder: Path) -> int:
    """The exit status of a snippet beside a receipt in `receipt.json`."""
    (folder / "receipt.json").write_text(json.dumps(receipt))
    done = subprocess.run([sys.executable, "-c", snippet], cwd=folder, env={}, check=False, capture_output=True)
    return done.returncode
