"""What the server calls for a customer: nothing inside, whatever it is called, and nothing without a limit."""

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path

import httpcore2
import pytest

from chat.core import outbound as table
from chat.core.networks import Address
from chat.core.outbound import AddressRefused, is_open, read_url
from chat.infra import outbound
from chat.infra.outbound import Outbound, Unreached
from tests.certificates import Authority
from tests.receivers import LOOPBACK, Heard, Receiver, receiver

pytestmark = pytest.mark.anyio
INSIDE = ip_network("127.0.0.1/32")
CLOSED = """\
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.1.2.3 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:0:7f00:1 64:ff9b::7f00:1 64:ff9b::808:808
64:ff9b:1::1 100::1 2001::1 2001:0:53aa:64c::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1
2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 febf::1 fec0::1 ff02::1
"""
OPEN = """\
1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 198.17.0.1 198.20.0.1 223.255.255.255
2606:4700::1111 2001:4860:4860::8888 2a00:1450::1 2003::1 ::ffff:8.8.8.8
"""


async def test_no_address_inside_is_called() -> None:
    for text in CLOSED.split():
        assert not is_open(ip_address(text)), text
        with pytest.raises(AddressRefused) as caught:
            await Outbound().check(f"https://[{text}]/" if ":" in text else f"https://{text}/")
        assert caught.value.why == "internal"


async def test_with_the_table_emptied_an_address_inside_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(table, "V4_CLOSED", ())
    monkeypatch.setattr(table, "V6_CLOSED", ())
    monkeypatch.setattr(table, "V6_OPEN", ip_network("::/0"))
    assert [text for text in CLOSED.split() if not is_open(ip_address(text))] == []
    async with receiver() as there:
        # Connected to: it is TLS alone that the receiver does not speak.
        with pytest.raises(Unreached, match="tls"):
            await Outbound().ask("GET", there.url().replace("http:", "https:"))


async def test_what_anybody_may_reach_is_open_and_the_operator_opens_more() -> None:
    assert [text for text in OPEN.split() if not is_open(ip_address(text))] == []
    assert is_open(ip_address("::ffff:127.0.0.1"), [INSIDE])
    assert not is_open(ip_address("127.0.0.2"), [INSIDE])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "url"),
        ("https://a.example/ b", "url"),
        ("https://a.example/\n", "url"),
        ("https://a.example\\@b.example/", "url"),
        ("https://a.example/" + "x" * 2000, "url"),
        ("https://a.example/#top", "url"),
        ("https://[::1", "url"),
        ("https://a.example:port/", "url"),
        ("ftp://a.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("//a.example/", "scheme"),
        ("https://me@a.example/", "credentials"),
        ("https://:secret@a.example/", "credentials"),
        ("https://a.example:22/", "port"),
        ("https://a.example:0/", "port"),
        ("https:///path", "host"),
        ("https://a..example/", "host"),
        ("https://-a.example/", "host"),
        ("https://a%2eexample/", "host"),
        ("https://2130706433/", "host"),
        ("https://0x7f000001/", "host"),
        ("https://0x7f.1/", "host"),
        ("https://0177.0.0.1/", "host"),
        ("https://127.1/", "host"),
        ("https://127.0.0.1./", "internal"),
        ("https://[fe80::1%25lo]/", "host"),
        ("https://１２７.0.0.1/", "internal"),
        ("https://localhost/", "internal"),
        ("https://LOCALHOST./", "internal"),
        (f"http://{LOOPBACK}/", "internal"),
        ("http://1.1.1.1/", "scheme"),
    ],
)
async def test_a_url_that_is_not_called_says_why_in_a_word(url: str, why: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        await Outbound().check(url)
    assert (caught.value.why, caught.value.extra["field"], "\n" in caught.value.detail) == (why, "url", False)


async def test_a_name_is_called_as_dns_knows_it() -> None:
    assert read_url("HTTPS://Müller.Example:443").url == "https://xn--mller-kva.example/"
    assert read_url("https://[2606:4700::1]:8443/a?b=c").url == "https://[2606:4700::1]:8443/a?b=c"


@dataclass
class Names:
    """A resolver whose answers are given one after the other, the last for ever."""

    answers: list[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str) -> list[Address]:
        self.asked.append(host)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [ip_address(each) for each in said]


async def test_a_name_is_asked_for_once_and_all_of_its_answers_count() -> None:
    async with receiver() as there:
        names = Names([[LOOPBACK]])
        answer = await Outbound([INSIDE], names).ask("POST", there.url(host="hooks.example"), content=b"{}")
        assert (answer.status, names.asked) == (204, ["hooks.example"])
        assert there.heard[0].headers["host"] == f"hooks.example:{there.port}"
        for said in ([LOOPBACK, "127.0.0.2"], ["127.0.0.2"], [LOOPBACK, "::1"]):
            with pytest.raises(AddressRefused):
                await Outbound([INSIDE], Names([said])).ask("POST", there.url(host="hooks.example"))
        assert len(there.heard) == 1


async def rebound(there: Receiver, hidden: Receiver) -> None:
    """A name that is good when it is checked, and leads inside a moment later."""
    names = Names([[LOOPBACK], ["127.0.0.2"]])
    await Outbound([INSIDE], names).ask("GET", there.url(host="hooks.example"))
    assert (len(there.heard), hidden.heard) == (1, [])


async def test_an_answer_that_changes_between_check_and_connection_gains_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiver() as there, receiver("127.0.0.2", there.port) as hidden:
        await rebound(there, hidden)
        there.heard.clear()

        class Twice(outbound._Checked):
            """Connects to whatever the name says by now."""

            async def connect_tcp(self, host: str, port: int, *_: object, **__: object) -> httpcore2.AsyncNetworkStream:
                (found,) = await second(host)
                return await self._inner.connect_tcp(str(found), port)

        second = Names([["127.0.0.2"]])
        monkeypatch.setattr(outbound, "_Checked", Twice)
        with pytest.raises(AssertionError):
            await rebound(there, hidden)
        assert len(hidden.heard) == 1


async def called_over_tls(context: ssl.SSLContext) -> tuple[str, list[Heard]]:
    """How a call goes to a name that leads to this machine, and what was heard there."""
    async with receiver(tls=context) as there:
        url = there.url(host="hooks.example").replace("http:", "https:")
        try:
            said = str((await Outbound([INSIDE], Names([[LOOPBACK]])).ask("POST", url, content=b"{}")).status)
        except Unreached as error:
            said = error.why
        return said, there.heard


async def test_a_certificate_is_checked_against_the_name_while_the_checked_address_is_connected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = Authority(), Authority("Another")
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.root(tmp_path)))
    outbound._trusted.cache_clear()
    good, asked = ours.context(tmp_path, "hooks.example"), list[str | None]()
    good.sni_callback = lambda _, name, __: asked.append(name)
    said, heard = await called_over_tls(good)
    assert (said, asked, heard[0].headers["host"].partition(":")[0]) == ("204", ["hooks.example"], "hooks.example")
    bad = {
        "another name": ours.context(tmp_path, "other.example"),
        "the address alone": ours.context(tmp_path, LOOPBACK),
        "a name above": ours.context(tmp_path, "example"),
        "no name but the old one": ours.context(tmp_path, common="hooks.example"),
        "expired": ours.context(tmp_path, "hooks.example", days=-1),
        "another authority": other.context(tmp_path, "hooks.example"),
        "signed by itself": Authority("hooks.example").context(tmp_path, "hooks.example", common="hooks.example"),
    }
    assert {why: await called_over_tls(context) for why, context in bad.items()} == dict.fromkeys(bad, ("tls", []))
    blind = ssl.create_default_context()
    blind.check_hostname, blind.verify_mode = False, ssl.CERT_NONE
    monkeypatch.setattr(outbound, "_trusted", lambda: blind)
    through = {(await called_over_tls(context))[0] for context in bad.values()}
    assert through == {"204"}, "the control: it is the check alone that refuses them"


@pytest.fixture(autouse=True)
def _trusted_anew() -> Iterator[None]:
    """No other test trusts an authority of a test's."""
    yield
    outbound.__dict__["_trusted"].cache_clear()


def saying(status: str, *headers: str, body: bytes = b"") -> bytes:
    """An answer, to its end."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "connection: close", "", ""]).encode() + body


async def test_no_answer_is_followed_waited_for_or_read_without_a_limit() -> None:
    async with receiver() as there:
        calls = Outbound([INSIDE])
        says: dict[str, bytes | None] = {}
        there.says = lambda asked: says[asked.path]
        says["/moved"] = saying("302 Found", f"location: {there.url('/inside')}")
        assert (await calls.ask("GET", there.url("/moved"))).status == 302
        says["/large"] = saying("200 OK", body=b"x" * 10_000_000)
        large = await calls.ask("GET", there.url("/large"))
        assert (large.status, len(large.body), large.whole) == (200, 64 * 1024, False)
        says["/never"] = None
        says["/rubbish"] = b"SSH-2.0-x\r\n\r\n"
        says["/heads"] = b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 50_000
        for path, why in {"/never": "timeout", "/rubbish": "protocol", "/heads": "protocol"}.items():
            with pytest.raises(Unreached) as caught:
                await calls.ask("GET", there.url(path), seconds=0.3 if path == "/never" else 10.0)
            assert caught.value.why == why
        assert [each.path for each in there.heard] == ["/moved", "/large", "/never", "/rubbish", "/heads"]
        with pytest.raises(Unreached, match="tls"):
            await calls.ask("GET", there.url("/").replace("http:", "https:"))
    with pytest.raises(Unreached, match="refused"):
        await calls.ask("GET", there.url("/"))


async def test_a_name_that_is_not_found_is_said_so() -> None:
    async def nobody(_: str) -> list[Address]:
        raise OSError

    with pytest.raises(AddressRefused, match="not found"):
        await Outbound(resolve=nobody).check("https://nowhere.example/")
