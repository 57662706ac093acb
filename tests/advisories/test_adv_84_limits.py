"""
Every text has a most, and JSON is JSON: CVE-2021-21393 and CVE-2021-21394 (lengths that nobody looked at),
CVE-2020-26890 (NaN taken for a number), all of Synapse.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chat.core import frames
from chat.core.errors import BadInput
from tests.inside import CHAT, Served, new_id
from tests.test_bodies import BODIES, OURS
from tests.test_frames import AGENT, VISITOR, name

pytestmark = pytest.mark.anyio
MOST = 100_000
NUMBERS = ("NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9007199254740993.5", str(2**63), str(2**64), "9" * 400)
TEXTS = ('"\\ud800"', '"\\udfff\\ud800"', '"\\u12"', "'x'", "undefined", "[" * 5000, '{"a":' * 5000)


def places(body: Any, kind: type) -> Iterator[tuple[str | int, ...]]:
    """Where a body has a value of this kind."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for at, value in inner:
        if type(value) is kind:
            yield (at,)
        yield from ((at, *further) for further in places(value, kind))


def put(body: Any, at: tuple[Any, ...], value: Any) -> Any:
    """The body with another value there."""
    made = json.loads(json.dumps(body))
    inner = made
    for each in at[:-1]:
        inner = inner[each]
    inner[at[-1]] = value
    return made


def raw(body: Any, at: tuple[Any, ...], value: str) -> bytes:
    """The body with these characters in that place, of JSON or not."""
    return json.dumps(put(body, at, "PLACE")).replace('"PLACE"', value).encode()


async def sent(app: Served, each: str, path: str, content: bytes) -> int:
    """The status with which a body is answered."""
    guest = app.house
    path = path.replace("{number:int}", "1").replace("{site_key}", guest.key).replace("{id}", new_id())
    headers = guest.bearer | {"content-type": "application/json", "origin": CHAT}
    answer = await app.client.request(each, path, content=content, headers=headers)
    return int(answer.status_code)


def bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Verb, path and a good body of every route that takes one."""
    for each, body in (*BODIES.items(), *OURS.items()):
        verb, _, path = each.partition(" ")
        prefix = "/api/v1" if each in BODIES else ""
        yield verb, prefix + path, {name: new_id() if value == "ID" else value for name, value in body.items()}


async def test_adv_84_every_text_of_every_body_has_a_most(app: Served) -> None:
    await (await app.house.visit()).say("Hello")
    tried, taken = 0, []
    for verb, path, body in bodies():
        for at in places(body, str):
            tried += 1
            status = await sent(app, verb, path, json.dumps(put(body, at, "x" * MOST)).encode())
            if not 400 <= status < 500:
                taken.append((verb, path, at, status))
    assert tried > 20
    assert taken == []


@pytest.mark.parametrize("frame", VISITOR + AGENT, ids=name)
async def test_adv_84_every_text_of_every_frame_has_a_most(frame: dict[str, Any]) -> None:
    read = frames.visitor_frame if frame in VISITOR else frames.agent_frame
    for at in places(frame, str):
        if at == ("token",):
            continue  # it is compared, and kept nowhere; the frame's own limit is its
        with pytest.raises(BadInput):
            read(json.dumps(put(frame, at, "x" * 60_000)))


async def test_adv_85_what_is_no_json_is_refused_wherever_a_number_or_text_stands(app: Served) -> None:
    await (await app.house.visit()).say("Hello")
    taken = []
    for verb, path, body in bodies():
        for kind, wrong in ((int, NUMBERS), (float, NUMBERS), (bool, NUMBERS), (str, TEXTS)):
            for at in places(body, kind):
                for value in wrong if at[0] != "consent" else ():
                    status = await sent(app, verb, path, raw(body, at, value))
                    if not 400 <= status < 500:
                        taken.append((verb, path, at, value[:20], status))
    assert taken == []


@pytest.mark.parametrize("value", NUMBERS)
async def test_adv_85_only_true_is_a_yes(app: Served, value: str) -> None:
    body = {"notice_version": 1, "consent": {"chat": True, "spam_training": "PLACE"}, "fields": {}}
    headers = {"content-type": "application/json", "origin": CHAT}
    content = json.dumps(body).replace('"PLACE"', value).encode()
    answer = await app.client.post(f"/widget/{app.house.key}/sessions", content=content, headers=headers)
    assert answer.status_code == 422 or answer.json()["receipt"]["receipt"]["consent"] == {
        "chat": True,
        "spam_training": False,
    }


@pytest.mark.parametrize("frame", VISITOR + AGENT, ids=name)
async def test_adv_85_no_frame_takes_a_number_that_is_none(frame: dict[str, Any]) -> None:
    read = frames.visitor_frame if frame in VISITOR else frames.agent_frame
    for kind, wrong in ((int, NUMBERS), (bool, NUMBERS), (str, TEXTS)):
        for at in places(frame, kind):
            for value in wrong:
                with pytest.raises(BadInput):
                    read(raw(frame, at, value).decode())


async def test_adv_85_a_name_given_twice_is_read_alike_by_whoever_reads_it(app: Served) -> None:
    one, other = new_id(), new_id()
    text = f'{{"type":"message","id":"{one}","text":"a","id":"{other}"}}'
    read = frames.visitor_frame(text)
    assert isinstance(read, frames.VisitorMessage)
    assert read.id == frames.id_of(text) == json.loads(text)["id"] == other
    body = b'{"notice_version":1,"consent":{"chat":true,"chat":false},"fields":{}}'
    assert await sent(app, "POST", "/widget/{site_key}/sessions", body) == 422
