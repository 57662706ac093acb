"""Looking for residue finds what is planted, in every encoding and every place; what is not there it does not find."""

import base64
import bz2
import gzip
import json
import lzma
import random
import sqlite3
import unicodedata
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
import redis

from chat.core.settings import Settings, from_env
from chat.erasure.domain.residue import Scanner, forms, search
from chat.erasure.domain.squeezed import unpack_lzf
from tests.chance import dice
from tests.commands import lethe
from tests.services import Valkey
from tests.test_migrations import environment

pytestmark = pytest.mark.both_databases

WORD = "Zyxomma Πεταλούδα-77"
PLAIN = "zyxommapetiolatum"


def zipped(raw: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.txt", b"another member" * 20)
        file.writestr("b.txt", raw)
    return out.getvalue()


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "UTF-16 LE": lambda word: word.encode("utf-16-le"),
    "UTF-16 BE": lambda word: word.encode("utf-16-be"),
    "JSON": lambda word: json.dumps({"x": word}).encode(),
    "hex": lambda word: word.encode().hex().encode(),
    "HEX": lambda word: word.encode().hex().upper().encode(),
    "percent": lambda word: quote(word, safe="").encode(),
    "lower percent": lambda word: quote(word, safe="").lower().encode(),
    "base64 at 0": lambda word: base64.b64encode(word.encode() + b"??"),
    "base64 at 1": lambda word: base64.b64encode(b"?" + word.encode() + b"??"),
    "base64 at 2": lambda word: base64.b64encode(b"??" + word.encode() + b"??"),
    "url base64": lambda word: base64.urlsafe_b64encode(b"\xff\xfe" + word.encode() + b"\xff"),
    "base64 in lines": lambda word: base64.encodebytes(b"-" * 50 + word.encode() + b"-" * 50),
    "upper": lambda word: word.upper().encode(),
    "folded": lambda word: word.casefold().encode(),
    "decomposed": lambda word: unicodedata.normalize("NFD", word).encode(),
    "gzip": lambda word: gzip.compress(word.encode() * 3),
    "zlib": lambda word: zlib.compress(word.encode() * 3),
    "zlib, best": lambda word: zlib.compress(word.encode() * 3, 9),
    "zip": lambda word: zipped(word.encode() * 3),
    "bzip2": lambda word: bz2.compress(word.encode()),
    "xz": lambda word: lzma.compress(word.encode()),
    "gzip of zip": lambda word: gzip.compress(zipped(word.encode())),
    "base64 in gzip": lambda word: gzip.compress(base64.b64encode(b"x" + word.encode() + b"xx")),
}


@pytest.mark.parametrize("word", [WORD, PLAIN])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_found_wherever_the_pieces_are_cut(encoding: str, word: str) -> None:
    chance = dice(f"pieces of {encoding}")
    before = chance.randbytes(3000)
    held = before + ENCODINGS[encoding](word) + chance.randbytes(3000)
    for size in (len(held), 1024, 7):
        pieces = [held[start : start + size] for start in range(0, len(held), size)]
        found = list(search(pieces, forms(["something else", word])))
        assert {each.text for each in found} == {1}, size
        assert encoding == "base64 in lines" or min(each.at for each in found) >= len(before)


def test_what_the_traces_pass_over_holds_nothing() -> None:
    chance, known = dice("traces"), forms([WORD, PLAIN, "tiny", "zoe@mail.example"])
    every = [replace(form, trace=b"") for form in known]
    assert sum(bool(form.trace) for form in known) > len(known) / 2
    for _ in range(100):
        whole = [form.raw for form in known]
        torn = [each[: chance.randrange(len(each))] for each in whole]
        broken = [each[:5] + b"\n" + each[5:] for each in whole]
        between = [b"", b"\0", b"\n", b"\r\n", b"=", b"a", bytes(9), chance.randbytes(9)]
        held = b"".join(
            chance.choice(each) for _ in range(15) for each in (whole, between, torn, between, broken, between)
        )
        pieces = [held[start : start + 200] for start in range(0, len(held), 200)]
        assert list(search(pieces, known)) == list(search(pieces, every))


def test_nothing_is_found_where_nothing_is() -> None:
    chance = random.Random(7)
    held = chance.randbytes(400_000) + gzip.compress(b"innocent words " * 1000)
    assert list(search([held], forms([WORD, PLAIN]))) == []


def test_a_stream_is_kept_in_no_more_memory_than_its_patterns_need() -> None:
    scanner = Scanner(forms([WORD]))
    for _ in range(50):
        assert list(scanner.feed(bytes(100_000))) == []
    assert len(scanner._tail) < 1000
    assert scanner._inner == []


def test_a_bomb_ends() -> None:
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))
    assert list(search([bomb], forms([WORD]))) == []


def test_what_redis_made_small_is_unpacked() -> None:
    # "abcabcabcabc" as LZF writes it: three literals, then nine bytes from three back.
    assert unpack_lzf(b"\x02abc" + b"\xe0\x00\x02") == b"abcabcabcabc"
    assert unpack_lzf(b"\xff\xff") == b""


def planted(settings: Settings, *more: str) -> tuple[int, list[dict[str, Any]]]:
    """The command's status and finds."""
    given = {"LETHE_DATABASE_URL": settings.database_url, "LETHE_KEYS_URL": settings.keys_url}
    environ = environment(settings.data.parent, settings.database_url, **given)
    if settings.redis_url:
        environ["LETHE_REDIS_URL"] = settings.redis_url
    done = lethe(environ, "residue", PLAIN, "--json", *more)
    assert done.returncode in {0, 1}, done.stderr
    assert PLAIN not in done.stdout.replace(f"{PLAIN}.txt", ""), "a file's name is said, as it must be found"
    return done.returncode, json.loads(done.stdout)["found"]


def test_a_clean_server_has_nothing_and_a_file_is_found(settings: Settings, tmp_path: Path) -> None:
    assert planted(settings) == (0, [])
    (settings.data / "attachments").mkdir(exist_ok=True)
    (settings.data / "attachments" / "left").write_bytes(b"x" * 3_000_000 + PLAIN.encode())
    status, found = planted(settings)
    assert status == 1
    assert [(each["at"], each["encoding"], each["text"]) for each in found] == [(3_000_000, "UTF-8", 1)]
    assert found[0]["place"].endswith("attachments/left")
    (settings.data / "attachments" / "left").rename(settings.data / f"{PLAIN}.txt")
    assert {each["place"].split()[0] for each in planted(settings)[1]} == {"name", str(settings.data / f"{PLAIN}.txt")}
    log, folder = tmp_path / "log", tmp_path / "copies"
    (settings.data / f"{PLAIN}.txt").unlink()
    log.write_text(f'{{"event":"{PLAIN}"}}\n')
    folder.mkdir()
    (folder / "old.backup").write_bytes(zipped(PLAIN.encode() * 2))
    status, found = planted(settings, "--log", str(log), "--backup", str(folder))
    assert {Path(each["place"]).name: each["encoding"] for each in found} == {
        "log": "UTF-8",
        "old.backup": "UTF-8 in zip",
    }


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_a_row_of_sqlite_is_found_in_its_rows_and_its_pages(settings: Settings) -> None:
    path = settings.database_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE extra (a TEXT, b BLOB)")
        connection.execute("INSERT INTO extra VALUES (?, ?)", ("x", "y" * 9000 + PLAIN))
    connection.close()
    places = {each["place"] for each in planted(settings)[1]}
    assert "database extra.b" in places
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA secure_delete=OFF")
        connection.execute("DELETE FROM extra")
    connection.close()
    assert {each["place"] for each in planted(settings)[1]} == {path}


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
@pytest.mark.parametrize("url", ["database_url", "keys_url"])
def test_a_row_of_postgresql_is_found_in_either_database(settings: Settings, url: str) -> None:
    with psycopg.connect(getattr(settings, url), autocommit=True) as connection:
        connection.execute("CREATE TABLE extra (a text, b bytea)")
        try:
            connection.execute("INSERT INTO extra VALUES ('x', %s)", (gzip.compress(PLAIN.encode()),))
            found = planted(settings)[1]
            places = {each["place"] for each in found}
            assert f"{url.removesuffix('_url')} extra.b" in places
            assert {each["encoding"] for each in found} == {"UTF-8 in gzip"}
            assert any("/base/" in each or "/pg_wal/" in each for each in places), "raw files too"
        finally:
            connection.execute("DROP TABLE extra")


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_every_kind_of_value_in_redis_is_found(settings: Settings) -> None:
    with Valkey() as cache, redis.Redis.from_url(cache.url) as client:
        given = {"LETHE_DATA": str(settings.data), "LETHE_REDIS_URL": cache.url}
        there = from_env(given)
        plants: dict[str, Callable[[], object]] = {
            "string": lambda: client.set("a", PLAIN),
            "hash": lambda: client.hset("a", "f", PLAIN),
            "list": lambda: client.rpush("a", "x", PLAIN),
            "set": lambda: client.sadd("a", PLAIN),
            "zset": lambda: client.zadd("a", {PLAIN: 1}),
            "stream": lambda: client.xadd("a", {"f": PLAIN}),
            "key": lambda: client.set(PLAIN, "x"),
        }
        for kind, plant in plants.items():
            plant()
            assert any(each["place"].startswith("Redis key") for each in planted(there)[1]), kind
            client.flushall()
        client.config_set("save", "")
        client.set("a", "spam " * 100 + PLAIN + " spam" * 100)  # which its file holds compressed
        client.save()
        client.flushall()
        found = planted(there)[1]
        assert {(Path(each["place"]).name, each["encoding"]) for each in found} == {("dump.rdb", "UTF-8 in lzf")}


def test_bad_use_is_said_and_is_no_find(tmp_path: Path) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db")
    assert lethe(environ, "migrate").returncode == 0
    for bad in (["abc"], [PLAIN, "--log", "nowhere"], [PLAIN, "--backup", "nowhere"], []):
        done = lethe(environ, "residue", *bad)
        assert done.returncode == 2, bad
        assert done.stderr
    done = lethe(environ, "residue", "-", given=f"{PLAIN}\n")
    assert (done.returncode, done.stdout.startswith("Nothing found in ")) == (0, True)


def test_a_place_that_cannot_be_searched_is_not_called_clean(tmp_path: Path) -> None:
    environ = environment(tmp_path, f"sqlite:///{tmp_path}/lethe.db", LETHE_REDIS_URL="redis://127.0.0.1:1/0")
    assert lethe(environ, "migrate").returncode == 0
    done = lethe(environ, "residue", PLAIN)
    assert done.returncode == 2
    assert "not everything could be searched" in done.stderr
