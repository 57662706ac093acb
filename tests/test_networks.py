"""Where a request comes from: every shape of the proxies' headers, random ones, and the limits that hang on it."""

import itertools
import random
import uuid
from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address

import pytest

from chat.core import networks
from chat.core.networks import Address, Networks, asked_from, lines, network
from chat.core.settings import Settings
from tests.inside import CHAT, Served, served

pytestmark = pytest.mark.anyio
TRUSTED = tuple(map(network, ("127.0.0.1", "10.0.0.0/8", "fd00::/8", "::ffff:192.168.0.0/112")))
SHAPES: list[tuple[str, tuple[str, ...], str]] = [
    # who asks directly, the lines of X-Forwarded-For, who counts
    ("203.0.113.9", (), "203.0.113.9"),
    ("203.0.113.9", ("198.51.100.1",), "203.0.113.9"),  # not by way of a proxy of ours
    ("127.0.0.1", (), "127.0.0.1"),
    ("127.0.0.1", ("",), "127.0.0.1"),
    ("127.0.0.1", ("198.51.100.1",), "198.51.100.1"),
    ("127.0.0.1", ("  198.51.100.1\t",), "198.51.100.1"),
    ("127.0.0.1", ("6.6.6.6, 198.51.100.1",), "198.51.100.1"),
    ("127.0.0.1", ("6.6.6.6", "198.51.100.1"), "198.51.100.1"),  # the client's line, then the proxy's
    ("127.0.0.1", ("6.6.6.6,7.7.7.7", "8.8.8.8", "198.51.100.1"), "198.51.100.1"),
    ("127.0.0.1", ("6.6.6.6", "198.51.100.1, 10.1.2.3"), "198.51.100.1"),  # two proxies of ours
    ("127.0.0.1", ("6.6.6.6", "198.51.100.1", "10.1.2.3"), "198.51.100.1"),
    ("127.0.0.1", ("10.9.9.9, 198.51.100.1",), "198.51.100.1"),
    ("127.0.0.1", ("10.9.9.9",), "10.9.9.9"),
    ("127.0.0.1", ("10.9.9.9,10.8.8.8",), "10.9.9.9"),
    ("127.0.0.1", ("127.0.0.1",), "127.0.0.1"),
    ("127.0.0.1", ("6.6.6.6, unknown",), "127.0.0.1"),  # a proxy that names nobody counts itself
    ("127.0.0.1", ("6.6.6.6, _hidden",), "127.0.0.1"),
    ("127.0.0.1", ("6.6.6.6,",), "127.0.0.1"),
    ("127.0.0.1", ("6.6.6.6", ""), "127.0.0.1"),
    ("127.0.0.1", (", 198.51.100.1",), "198.51.100.1"),
    ("127.0.0.1", ("6.6.6.6, not an address, 10.1.2.3",), "10.1.2.3"),
    ("127.0.0.1", ("198.51.100.1:4711",), "198.51.100.1"),
    ("127.0.0.1", ('"198.51.100.1"',), "198.51.100.1"),
    ("127.0.0.1", ("[2001:db8::7]:4711",), "2001:db8::7"),
    ("127.0.0.1", ("[2001:db8::7]",), "2001:db8::7"),
    ("127.0.0.1", ('"[2001:db8::7]:4711"',), "2001:db8::7"),
    ("127.0.0.1", ("2001:DB8:0:0::7",), "2001:db8::7"),
    ("127.0.0.1", ("fe80::1%eth0",), "fe80::1"),
    ("127.0.0.1", ("::ffff:198.51.100.1",), "198.51.100.1"),
    ("127.0.0.1", ("::ffff:c633:6401",), "198.51.100.1"),
    ("127.0.0.1", ("198.51.100.1, ::ffff:10.1.2.3",), "198.51.100.1"),
    ("127.0.0.1", ("010.0.0.1",), "127.0.0.1"),  # read as octal by some: an address to nobody
    ("127.0.0.1", ("0x7f.1",), "127.0.0.1"),
    ("127.0.0.1", ("3232235777",), "127.0.0.1"),
    ("127.0.0.1", ("198.51.100.1/24",), "127.0.0.1"),
    ("127.0.0.1", ("198.51.100.1; 6.6.6.6",), "127.0.0.1"),
    ("127.0.0.1", ("\u0661.2.3.4",), "127.0.0.1"),
    ("127.0.0.1", ("for=198.51.100.1",), "127.0.0.1"),
    ("127.0.0.1", ("9" * 60_000,), "127.0.0.1"),
    ("127.0.0.1", ("6.6.6.6," * 9_000 + "198.51.100.1",), "198.51.100.1"),
    ("::ffff:127.0.0.1", ("198.51.100.1",), "198.51.100.1"),  # a socket that hears both families
    ("fd00::1", ("2001:db8::7",), "2001:db8::7"),
    ("192.168.0.7", ("198.51.100.1",), "198.51.100.1"),  # trusted as mapped into IPv6
    ("2002:7f00:1::1", ("198.51.100.1",), "2002:7f00:1::1"),  # stands for 127.0.0.1, but is anybody's
    ("64:ff9b::7f00:1", ("198.51.100.1",), "64:ff9b::7f00:1"),
]


PROTOCOLS: tuple[tuple[list[str], bool], ...] = (
    (["https"], True),
    (["HTTPS"], True),
    (["http"], False),
    (["https", "http"], False),
    (["https, http"], False),
    (["http", " https "], True),
    (["wss"], True),
    ([], False),
    (["https", ""], False),
)


@pytest.mark.parametrize(("direct", "forwarded", "counts"), SHAPES)
def test_what_the_nearest_proxy_of_ours_added_counts(direct: str, forwarded: tuple[str, ...], counts: str) -> None:
    assert str(asked_from(direct, forwarded, TRUSTED)) == counts


def test_where_nobody_can_be_named_all_share_one_limit() -> None:
    assert asked_from("", ("6.6.6.6",), TRUSTED) is None
    assert lines(None) == ("unknown", "")


@pytest.mark.parametrize("seed", range(200))
def test_nothing_a_client_writes_changes_who_it_is(seed: int) -> None:
    dice = random.Random(seed)
    written = [shape(dice) for _ in range(dice.randrange(6))]
    ours = [f"10.{dice.randrange(256)}.{dice.randrange(256)}.1" for _ in range(dice.randrange(3))]
    added = [written_as(dice, "198.51.100.7"), *(written_as(dice, each) for each in ours)]
    assert str(asked_from("127.0.0.1", split(dice, written, added), TRUSTED)) == "198.51.100.7", (written, added)


@pytest.mark.parametrize("seed", range(200))
def test_one_line_has_one_limit_however_its_address_is_written(seed: int) -> None:
    dice = random.Random(seed)
    v4, v6 = IPv4Address(dice.getrandbits(32)), IPv6Address(0x2400 << 112 | dice.getrandbits(112))
    for each in ways(v4, dice):
        assert lines(networks.parsed(each)) == (str(v4), ""), each
    host = IPv6Address(int(v6) ^ dice.getrandbits(64))
    beside = IPv6Address(int(v6) ^ (dice.getrandbits(16) or 1) << 64)
    elsewhere = IPv6Address(int(v6) ^ 1 << 80)
    assert lines(host) == lines(v6)
    assert lines(beside)[0] != lines(v6)[0]
    assert lines(beside)[1] == lines(v6)[1]
    assert lines(elsewhere)[1] != lines(v6)[1]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_no_header_and_no_address_of_ones_own_is_a_way_around_a_limit(behind: Settings) -> None:
    async with served(behind) as app:
        assert await begun(app, forged(31)) == [201] * 30 + [429]
        assert await begun(app, hosts(31)) == [201] * 30 + [429]
        many = [[("x-forwarded-for", f"2001:db8:7:{n:x}::1")] for n in range(241)]
        assert await begun(app, many) == [201] * 240 + [429], "the wider network has a limit too"
        assert await begun(app, [[("x-forwarded-for", "2001:db8:8:1::1")]]) == [201], "and is not another's"


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_without_a_defence_there_is_a_way_around(behind: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def first_line(_: str, forwarded: list[str], __: Networks) -> Address | None:
        return networks.parsed(forwarded[0].rpartition(",")[2]) or networks.parsed(f"10.1.{next(count)}.1")

    count = itertools.count()
    async with served(behind) as app:
        with monkeypatch.context() as broken:
            broken.setattr(networks, "asked_from", first_line)
            assert await begun(app, forged(31)) == [201] * 31
        with monkeypatch.context() as broken:
            broken.setattr(networks, "lines", lambda address: (str(address), ""))
            assert await begun(app, hosts(31)) == [201] * 31


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_what_the_nearest_proxy_says_of_https_counts(behind: Settings) -> None:
    async with served(behind) as app:
        for said, secure in PROTOCOLS:
            headers = [("x-forwarded-proto", each) for each in said]
            assert [await posted(app, headers, scheme) for scheme in ("http", "https")] == [
                403 if secure else 401,
                401 if secure else 403,
            ], said


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_nobody_says_https_but_a_proxy_of_ours(settings: Settings) -> None:
    async with served(settings) as app:
        headers = [("x-forwarded-proto", "https")]
        assert [await posted(app, headers, scheme) for scheme in ("http", "https")] == [401, 403]


@pytest.fixture
def behind(settings: Settings) -> Settings:
    """A server that trusts whoever speaks to it in tests."""
    return replace(settings, trusted_proxies=(network("127.0.0.1"),))


async def posted(app: Served, headers: list[tuple[str, str]], scheme: str) -> int:
    """The status of signing in with a wrong password from our own page, as a scheme names it."""
    form = {"email": f"{uuid.uuid4()}@shop.example", "password": "wrong"}
    origin = ("origin", CHAT.replace("http:", f"{scheme}:"))
    return (await app.client.post("/signin", data=form, headers=[*headers, origin])).status_code


def forged(number: int) -> list[list[tuple[str, str]]]:
    """Requests of one address, each with a line of the client's own before the proxy's."""
    dice = random.Random(8)
    return [[("x-forwarded-for", shape(dice)), ("x-forwarded-for", "198.51.100.1")] for _ in range(number)]


def hosts(number: int) -> list[list[tuple[str, str]]]:
    """Requests of one line from so many addresses of it."""
    return [[("x-forwarded-for", f"2001:db8:1:2:{n:x}::1")] for n in range(number)]


async def begun(app: Served, asked: list[list[tuple[str, str]]]) -> list[int]:
    """The status of one agreement after another, each with headers of its own."""
    body = {"notice_version": await app.house.version(), "consent": {"chat": True}}
    path = f"/widget/{app.house.key}/sessions"
    return [(await app.client.post(path, json=body, headers=each)).status_code for each in asked]


def shape(dice: random.Random) -> str:
    """Something that a client may write into the header."""
    some = ["10.0.0.1", "unknown", "", "127.0.0.1", "::1", "x" * dice.randrange(300), "1.2.3.4", "[::1", "-", ";", '"']
    return dice.choice([*some, written_as(dice, str(IPv4Address(dice.getrandbits(32))))])


def written_as(dice: random.Random, address: str) -> str:
    """An address as some proxy writes it."""
    return dice.choice([address, f" {address} ", f"{address}:{dice.randrange(65_536)}", f"::ffff:{address}"])


def split(dice: random.Random, written: list[str], added: list[str]) -> list[str]:
    """The header's lines: what a proxy adds stands behind, on the same line or one of its own."""
    made = list(written)
    for each in added:
        if made and dice.random() < 0.5:
            made[-1] += f",{each}"
        else:
            made.append(each)
    return made


def ways(address: IPv4Address, dice: random.Random) -> list[str]:
    """An IPv4 address in each way that it is written into IPv6."""
    number = int(address)
    teredo = 0x20010000 << 96 | dice.getrandbits(32) << 64 | dice.getrandbits(32) << 32 | number ^ 0xFFFFFFFF
    six = IPv6Address(0x2002 << 112 | number << 80 | dice.getrandbits(80))
    tails = [f"{prefix}{address}" for prefix in ("::", "::ffff:", "::ffff:0:", "64:ff9b::", "64:ff9b:1::")]
    return [str(address), str(six), str(IPv6Address(teredo)), *tails]
