"""
What people write, who they are and where from is in no byte that a server leaves: files, database, Redis, log, metrics.

Rare words go in through every door, on both kinds of server, and are then looked for in several encodings. A word that
is kept in the clear on purpose, the name of a site, is the control: the same look finds it.
"""

import contextlib
import time
from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis

from chat.core import locations
from chat.erasure.domain import residue
from chat.features import gathered
from chat.record import actions as datamap
from tests.lethe import Account, Lethe
from tests.services import PostgreSQL, Valkey
from tests.sockets import Socket

pytestmark = pytest.mark.both_databases

SPAM = "BUY CHEAP VIAGRA now!!! casino bonus free money click http://win.example/casino"
NETWORK = "203.0.113.77"
BROWSER = "Rarebrowser/77.3"


@dataclass
class Used:
    """A server that was used, the words that must be nowhere, and the bytes it left by place."""

    lethe: Lethe
    words: dict[str, str]
    plain: str
    places: dict[str, bytes]


def found(words: dict[str, str], places: dict[str, bytes]) -> set[str]:
    """Which words are where, and how; the look is that of `lethe residue`, held by `tests/test_residue.py`."""
    known, names = residue.forms(list(words.values())), list(words)
    return {
        f"{names[each.text]} as {each.encoding} in {place}"
        for place, held in places.items()
        for each in residue.search([held], known)
    }


def rare() -> str:
    return f"rare{uuid4().hex[:16]}"


@pytest.fixture(scope="module", params=["embedded", "scaled"])
def used(request: pytest.FixtureRequest) -> Iterator[Used]:
    """A server of each kind, its own log and data, used through every door; bad input and refusals included."""
    with contextlib.ExitStack() as stack:
        # A PostgreSQL of its own: in that of the run are the databases and logs of all tests, which would be read too.
        postgresql = stack.enter_context(PostgreSQL()) if request.param == "scaled" else None
        yield stack.enter_context(use(postgresql))


@contextlib.contextmanager
def use(postgresql: PostgreSQL | None) -> Iterator[Used]:
    """One that keeps what it has there, or in its folder."""
    names = ("name", "text", "answer", "note", "held", "refused", "comment", "file", "content", "frame")
    words = {each: rare() for each in names}
    words |= {"email": f"{rare()}@mail.example", "network": NETWORK, "browser": BROWSER}
    with Valkey() as cache:
        more = {"DATABASE_URL": postgresql.clone(), "REDIS_URL": cache.url} if postgresql else {}
        with Lethe(LOG_LEVEL="DEBUG", **more) as server:
            plain = rare()
            account = server.account(name=plain)
            words["token"] = chatted(account, words)
            words["API token"] = account.token
            words["password"] = account.password
            places = {"metrics": server.http.get("/metrics").content}
            server.stop()
            places |= files(Path(server.folder))
            if postgresql:
                places |= of_redis(cache) | of_postgresql(postgresql)
            yield Used(server, words, plain, places)


def chatted(account: Account, words: dict[str, str]) -> str:
    """Does what visitors and agents do, well and badly; the visitor's token."""
    headers = {"X-Forwarded-For": NETWORK, "User-Agent": BROWSER}
    http, site = account.lethe.http, account.site
    account.rest("PATCH", "/account", {"message_rate": 0})
    http.post(f"/widget/{site}/sessions", json={"fields": {"name": words["refused"]}}, headers=headers)
    body = {"notice_version": account.version, "consent": {"chat": True}, "fields": {}}
    body["fields"] = {"name": words["name"], "email": words["email"]}
    answer = http.post(f"/widget/{site}/sessions", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    token = str(answer.json()["token"])
    bearer = headers | {"Authorization": f"Bearer {token}"}
    file = {"file": (f"{words['file']}.txt", f"about {words['content']} and more".encode(), "text/plain")}
    upload = http.post(f"/widget/{site}/attachments", files=file, headers=bearer)
    assert upload.status_code == 201, upload.text
    with account.visitor(user_agent_header=BROWSER) as visitor, account.agent() as agent:
        visitor.send("hello", token=token, last_seq=0)
        visitor.get("welcome")
        agent.get("welcome")
        ticket = said(visitor, words, upload.json()["id"])
        agent.ask("open", "welcome", ticket=ticket, last_seq=0)
        agent.post(words["answer"], ticket=ticket)
        agent.send("note", ticket=ticket, id=str(uuid4()), text=words["note"])
        agent.get("ack")
        agent.say(words["refused"], ticket=9999)
        agent.get("error")
    for path in (f"/api/v1/{words['frame']}", f"/widget/{words['frame']}", f"/signin?next=/{words['frame']}"):
        http.get(path, headers=bearer)
    http.post("/signin", data={"email": words["email"], "password": words["refused"]}, headers={"Origin": "null"})
    http.get("/api/v1/account", headers={"Authorization": f"Bearer {words['frame']}"})
    return token


def said(visitor: Socket, words: dict[str, str], file: str) -> int:
    """Writes, is held, rates and sends nonsense; the ticket."""
    ack = visitor.post(words["text"])
    visitor.post("with a file", attachments=[file])
    assert visitor.post(f"{SPAM} {words['held']}")["held"] is True
    visitor.send("rate", score=5, comment=words["comment"])
    visitor.raw(f'{{"type":"{words["frame"]}"}}')
    assert visitor.refused() == "invalid_frame"
    return int(ack["ticket"])


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def of_redis(cache: Valkey) -> dict[str, bytes]:
    """Every key and value."""
    with redis.Redis.from_url(cache.url) as client:
        found = list(client.scan_iter())
        return {f"Redis {key!r}": key + bytes(client.dump(key) or b"") for key in found}


def of_postgresql(server: PostgreSQL) -> dict[str, bytes]:
    """The files of the server, log ahead of writing included."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    return files(Path(server.folder) / "data")


def test_no_rare_word_is_in_any_byte(used: Used) -> None:
    assert found(used.words, used.places) == set()


def test_the_same_look_finds_what_is_kept_in_the_clear(used: Used) -> None:
    assert found({"site": used.plain}, used.places)


def test_every_file_and_key_is_of_a_known_place(used: Used) -> None:
    written = [place.removeprefix("data/") for place in used.places if place.startswith("data/")]
    keys = [literal_eval(place.removeprefix("Redis ")).decode() for place in used.places if place.startswith("Redis ")]
    assert "secret.key" in written
    assert locations.find_unclaimed([*written, *keys], datamap.every(gathered())) == []


def test_a_file_of_no_known_place_is_found(used: Used) -> None:
    planted = Path(used.lethe.folder) / "data" / "attachments" / "names.txt"
    planted.write_text("Ada")
    written = [place.removeprefix("data/") for place in files(Path(used.lethe.folder)) if place.startswith("data/")]
    planted.unlink()
    assert locations.find_unclaimed(written, datamap.every(gathered())) == ["attachments/names.txt"]


def test_the_log_says_what_happened(used: Used) -> None:
    log = used.places["log"].decode()
    assert "started" in log
    assert "refused" in log
    assert time.strftime("%Y") in log
