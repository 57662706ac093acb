"""What a request asks for beside its path: what is unknown, wrong or given twice is refused on every route."""

import random
import re
import string
from collections.abc import Iterator
from urllib.parse import quote

import httpx2
import pytest
from sqlalchemy import update
from starlette.convertors import CONVERTOR_TYPES, IntegerConvertor
from starlette.routing import BaseRoute, Mount, Route

from chat.core import errors
from chat.core.errors import NotNow
from chat.core.settings import Settings
from chat.routes import routes
from chat.tickets.schema import ticket
from chat.web import requests
from tests.chance import dice, some
from tests.inside import CHAT, House, Served, new_id, problem_of, served
from tests.routes import taken

pytestmark = pytest.mark.anyio
FILES = {"/widget.js", "/static", "/widget-assets"}
"""What is behind the question mark of a file's address is its page's own, as `?v=3` against caches."""
LISTED = {
    "limit": ["", "0", "-1", "201", "1.5", "1e1", "x", "9" * 5000, "0" * 4400 + "5", "\u0665", "\u00b2", " 5", "+5"],
    "cursor": ["x", "W10=", "WzFd" * 900, "%00", "9" * 5000, "\u0665"],
}
WRONG: dict[str, dict[str, list[str]]] = {
    "/api/v1/tickets": LISTED
    | {
        "status": ["", "nonsense", "OPEN", "open,solved"],
        "assignee": ["", "nonsense", "Me", "NONE", "null", "1", "%00"],
        "department": ["", "x", "me", "Sales", "%00"],
        "contact": ["", "x", "1", "../1"],
        "tag": ["", " ", "x" * 51, "a\nb", "\0"],
        "held": ["", "yes", "1", "True"],
        "order": ["", "id", "NUMBER", "-number"],
    },
    "/api/v1/contacts": LISTED | {"email": ["", "x", "@", "a@b c"], "order": ["updated", "x"]},
    "/api/v1/audit": LISTED | {"agent": ["x"], "action": ["x", "agent"], "target": ["x", "%00"]},
    "/api/v1/erasures": LISTED,
    "/api/v1/exports": LISTED,
    "/api/v1/retention/runs": LISTED,
    "/api/v1/spam/training-runs": LISTED,
    "/api/v1/spam/quarantine": LISTED | {"sort": ["", "size"]},
    "/api/v1/data-map": {"format": ["", "xml"]},
    "/admin/audit": {"before": ["", "x", "-1", "9" * 5000]},
    "/admin/quarantine": {"sort": ["x"], "release": ["x", "1", "1-x", "9" * 5000 + "-1"], "cursor": ["x"]},
}


def open_routes(found: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str, Route]]:
    """Each verb with its address and route, but not what gives files."""
    for each in found:
        if isinstance(each, Mount):
            yield from open_routes(list(each.routes), before + each.path)
        elif isinstance(each, Route) and before + each.path not in FILES:
            yield from ((verb, before + each.path, each) for verb in sorted(each.methods or ()))


def filled(path: str, house: House) -> str:
    """An address with something in each of its places."""
    for name, value in {"site_key": house.key, "number:int": "1", "seq:int": "1"}.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{id}", new_id()).replace("{contact}", new_id()).replace("{view}", "open")


MORE = {f"{verb} /signin/provider/{{id}}/back" for verb in ("GET", "HEAD")}
"""To which another server sends a browser, with more than we need."""


async def refusals(app: Served) -> dict[str, str]:
    """What each route answers to a parameter that it does not know, as `status code`."""
    seen = {}
    for verb, path, _ in open_routes(routes()):
        answer = await app.client.request(verb, f"{filled(path, app.house)}?nonsense=1", headers=app.house.bearer)
        named = verb == "HEAD" or "nonsense" in answer.text
        seen[f"{verb} {path}"] = f"{answer.status_code} {named}"
    return seen


async def test_no_route_takes_a_parameter_it_does_not_know(app: Served) -> None:
    seen = await refusals(app)
    assert len(seen) > 100
    assert {each for each, said in seen.items() if said != "422 True"} == MORE


QUERIES = (
    "cb=1",
    "v=3",
    "ver=6.4.2",
    "_=1732900000",
    "utm_source=x&utm_source=y",
    "cb",
    "=",
    "&&",
    "a[]=1",
    "%00",
    "%FF",
)
SCRIPTS = ("/widget.js", "/widget-assets/main.js", "/widget-assets/words.js", "/widget-assets/locales/el.chat.json")
SERVED = (*SCRIPTS, "/widget-assets/widget.css", "/static/tokens.css", "/static/page.js", "/static/icon.svg")


async def test_a_file_takes_whatever_a_page_adds_to_its_address_and_an_api_does_not(app: Served) -> None:
    chosen = dice("queries")
    signs = "abcABC019._-~[]%=&+;/?@:\u03b1\U0001fab4"
    made = [quote("".join(chosen.choices(signs, k=chosen.randint(1, 40))), safe="=&;") for _ in range(20)]
    for path in SERVED:
        plain = await app.client.get(path)
        for query in (*QUERIES, *made):
            answer = await app.client.get(f"{path}?{query}")
            assert (answer.status_code, answer.content) == (200, plain.content), (path, query)
    for path in ("/api/v1/tickets", "/api/v1/contacts", f"/widget/{app.house.key}/config", "/healthz"):
        for query in ("cb=1", "v=3", "utm_source=x&utm_source=y", "a[]=1"):
            answer = await app.client.get(f"{path}?{query}", headers=app.house.bearer)
            problem_of(answer, 422, "unknown_parameter")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_the_check_routes_that_ignore_parameters_are_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "check", lambda *_: None)
    async with served(settings) as app:
        seen = await refusals(app)
    assert seen["GET /api/v1/tickets"] == "200 False"
    assert len([each for each in seen.values() if each != "422 True"]) > 100


@pytest.mark.parametrize("seed", some(range(3), 3, "names that are almost right"))
async def test_a_name_that_is_almost_right_is_refused_and_named(app: Served, seed: int) -> None:
    dice = random.Random(seed)
    for verb, path, route in open_routes(routes()):
        for name in taken(route.endpoint):
            near = dice.choice([name.upper(), f"{name}s", f"{name}[]", f" {name}", name[:-1], f"{name}\0", f"x.{name}"])
            address = f"{filled(path, app.house)}?{quote(near)}=1"
            answer = await app.client.request(verb, address, headers=app.house.bearer)
            if verb != "HEAD":
                said = near if re.fullmatch("[a-z_]+", near) else ""
                assert problem_of(answer, 422, "unknown_parameter")["field"] == said, (verb, address)


def strange(chance: random.Random) -> str:
    """What no parameter of ours is called, as it may be pasted or mistyped into an address: a person's, say."""
    word = "".join(chance.choices(string.ascii_lowercase, k=12))
    kinds = (f"{word}@x.example", f"+30 {word}", word.title(), f"{word} {word}", word * 4, f"{word}7", f"ζωή{word}")
    return chance.choice([*kinds, f"<b>{word}", f"{word}[]", f"{word}\0", f"{word}\n", f"-{word}", f"{word}.{word}"])


async def repeated(app: Served, chance: random.Random) -> list[str]:
    """The routes that repeat a strange name of a parameter or a body's field, of a rule or a purpose."""
    found = []
    for verb, path, _ in open_routes(routes()):
        name, address = strange(chance), filled(path, app.house)
        bodies = [{name: 1}, {"fields": {name: "x"}}, {"consent": {"chat": True, name: True}, "notice_version": 1}]
        answers = [await app.client.request(verb, f"{address}?{quote(name)}=1", headers=app.house.bearer)]
        for body in bodies if verb in {"POST", "PUT", "PATCH", "DELETE"} else []:
            headers = app.house.bearer | {"origin": CHAT}
            answers.append(await app.client.request(verb, address, json=body, headers=headers))
        says = [f"{each.text} {each.headers}" for each in answers]
        found += [f"{verb} {path}" for each in says if re.sub("[^a-z]", "", name) in each.lower()]
    return found


@pytest.mark.parametrize("seed", some(range(2), 2, "names that may be somebody's"))
async def test_a_name_that_may_be_somebodys_is_not_repeated(app: Served, seed: int) -> None:
    assert await repeated(app, random.Random(seed)) == []


async def test_errors_that_repeat_any_name_are_found(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "NAME", re.compile(".+", re.DOTALL))
    assert len(await repeated(app, random.Random(0))) > 50


async def test_what_is_declared_is_taken_and_only_once(app: Served) -> None:
    declared = 0
    for verb, path, route in open_routes(routes()):
        for name in taken(route.endpoint) if verb != "HEAD" else ():
            declared += 1
            address = filled(path, app.house)
            answer = await app.client.request(verb, f"{address}?{name}=x", headers=app.house.bearer)
            assert answer.is_success or "unknown_parameter" not in answer.text, (verb, path, name)
            twice = await app.client.request(verb, f"{address}?{name}=x&{name}=x", headers=app.house.bearer)
            assert problem_of(twice, 422, "invalid_field")["field"] == name
    assert declared > 50


async def test_a_value_that_can_fit_nothing_is_refused(app: Served) -> None:
    await app.sign_in()
    for path, fields in WRONG.items():
        headers = app.house.bearer if path.startswith("/api") else {}
        for name, values in fields.items():
            for value in values:
                empty = name == "cursor" and not value
                answer = await app.client.get(f"{path}?{name}={quote(value, safe='%')}", headers=headers)
                assert empty or answer.status_code == 422, (path, name, value[:20], answer.status_code)


LONG = ("9" * 19, "9" * 4301, "9" * 5000, "0" * 4400 + "5", str(2**63), str(2**64))


async def too_long(app: Served) -> dict[str, int]:
    """What each route whose address has a number answers to one that is longer than any, asked by anybody."""
    seen = {}
    for verb, path, _ in open_routes(routes()):
        for number in LONG if ":int}" in path else ():
            address = filled(path.replace("{number:int}", number).replace("{seq:int}", number), app.house)
            try:
                answer = await app.client.request(verb, address)
            except ValueError:  # what a server would answer with 500
                seen[f"{verb} {path} {number[:4]}{len(number)}"] = 500
            else:
                seen[f"{verb} {path} {number[:4]}{len(number)}"] = answer.status_code
    return seen


async def test_a_number_in_an_address_that_is_longer_than_any_is_nowhere(app: Served) -> None:
    seen = await too_long(app)
    assert len(seen) > 5 * len(LONG)
    assert {each: status for each, status in seen.items() if status != 404} == {}


async def test_the_control_the_frameworks_own_numbers_break(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CONVERTOR_TYPES, "int", IntegerConvertor())
    async with served(settings) as app:
        assert 500 in (await too_long(app)).values()


async def test_fields_that_are_unknown_are_named_too(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("Hello")
    asked: list[tuple[str, str, dict[str, object]]] = [
        ("PATCH", "/tickets/1", {"color": "red"}),
        ("POST", "/tickets/1/notes", {"id": new_id(), "text": "x", "color": "red"}),
        ("PATCH", "/account", {"color": "red"}),
        ("PUT", "/retention", {"color": 3}),
        ("POST", "/departments", {"name": "x", "color": "red"}),
        ("POST", "/erasures", {"color": "red"}),
    ]
    for verb, path, body in asked:
        assert problem_of(await app.rest(verb, path, body), 422, "unknown_parameter")["field"] == "color", path
    agreed = {"notice_version": 1, "consent": {"chat": True, "color": True}}
    answer = await app.call("POST", f"/widget/{app.house.key}/sessions", agreed)
    assert problem_of(answer, 422, "unknown_parameter")["field"] == "color"


async def test_tickets_are_found_by_their_tag_and_department(app: Served) -> None:
    tags = [["vip"], ["vip", "ΕΠΙΣΤΡΟΦΉ"], ['a "quoted" \\ tag'], ["vi"], []]
    for each in tags:
        number = (await (await app.house.visit()).say("Hello")).number
        await app.rest("PATCH", f"/tickets/{number}", {"tags": each})
    for tag, expected in {
        "vip": [2, 1],
        "ΕΠΙΣΤΡΟΦΉ": [2],
        'a "quoted" \\ tag': [3],
        "vi": [4],
        "v": [],
        '", "': [],
    }.items():
        assert numbers(await app.rest("GET", f"/tickets?tag={quote(tag)}")) == expected, tag
    department = (await app.rest("POST", "/departments", {"name": "Sales"})).json()["id"]
    await app.rest("PATCH", "/tickets/3", {"department": department})
    assert numbers(await app.rest("GET", f"/tickets?department={department}")) == [3]
    assert numbers(await app.rest("GET", "/tickets?department=none&order=number")) == [1, 2, 4, 5]
    for bad in ("a\0b", "a\nb", " ", "x" * 51):
        problem_of(await app.rest("PATCH", "/tickets/1", {"tags": [bad]}), 422, "invalid_field")


@pytest.mark.parametrize(("order", "misses"), [("number", False), ("updated", True)])
async def test_a_walk_by_number_misses_nobody(app: Served, order: str, *, misses: bool) -> None:
    guests = [await app.house.visit() for _ in range(6)]
    for guest in guests:
        await guest.say("Hello")
    seen, cursor, pages = [], "", 0
    while True:
        page = (await app.rest("GET", f"/tickets?order={order}&limit=2{cursor}")).json()
        seen += [each["number"] for each in page["items"]]
        pages += 1
        if page["next"] is None:
            break
        cursor = f"&cursor={quote(page['next'])}"
        for each in (2, 5):
            await guests[each - 1].say("And another thing")
    assert len(set(seen)) == len(seen)
    assert (set(seen) != set(range(1, 7))) == misses, seen
    assert pages >= 3


async def test_what_has_gone_meanwhile_is_a_conflict_and_no_500(app: Served) -> None:
    await (await app.house.visit()).say("Hello")
    with pytest.raises(NotNow):
        await app.services.store.write(lambda tx: tx.execute(update(ticket).values(site_id=new_id())))


def numbers(answer: httpx2.Response) -> list[int]:
    """The numbers of tickets in an answer."""
    return [each["number"] for each in answer.json()["items"]]
