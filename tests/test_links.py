"""The mailed link to one's own data: alike for known and unknown, once, of one account, and what its owner may do."""

import asyncio
import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from chat.account.actions import accounts
from chat.core.crypt import digest
from chat.erasure.actions import erasure
from chat.holds import actions as holds
from chat.letters import actions as letters
from chat.rights import actions as links
from chat.rights import schema
from tests.inside import CHAT, Guest, House, Served, counted, found, problem_of
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
CANARY = "zqxjkvpapaya"
ZOE = "zoe@visitor.example"
LINK = re.compile(r"http://chat\.test/privacy/(site_[\w-]+)#([\w-]{43})")
OURS = {"origin": CHAT}


@pytest.fixture
def mailing(app: Served, post: Post) -> Served:
    """The application, with a mail server."""
    app.context.services = mailed(app.services, post.port)
    return app


def path(house: House, more: str = "") -> str:
    return f"/privacy/{house.key}{more}"


async def ask(app: Served, email: str = ZOE, house: House | None = None, **headers: str) -> httpx2.Response:
    return await app.call("POST", path(house or app.house, "/links"), {"email": email}, **OURS, **headers)


async def link(app: Served, post: Post, email: str = ZOE, house: House | None = None) -> str:
    """The secret in the mail that asking brings."""
    before = len(post.took)
    assert (await ask(app, email, house)).status_code == 202
    await letters.sweep(app.services)
    assert len(post.took) == before + 1
    seen = LINK.search(post.mails[-1].get_content())
    assert seen is not None
    assert seen[1] == (house or app.house).key
    return seen[2]


async def use(app: Served, secret: str, house: House | None = None) -> httpx2.Response:
    return await app.call("POST", path(house or app.house, "/opened"), {"link": secret}, **OURS)


async def opened(app: Served, post: Post) -> dict[str, str]:
    """The header of whoever opened a link."""
    answer = await use(app, await link(app, post))
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['token']}"}


async def erase(app: Served, bearer: dict[str, str], *, at_once: bool = True) -> list[str]:
    answer = await app.call("POST", path(app.house, "/erasures"), {"at_once": at_once}, **OURS, **bearer)
    assert answer.status_code == 202, answer.text
    numbers: list[str] = answer.json()["erasure_ids"]
    return numbers


async def test_the_link_covers_every_contact_of_the_account_with_the_address_and_no_other(
    mailing: Served, post: Post
) -> None:
    app = mailing
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    await other.publish()
    for name, email in (("Zoe", ZOE), ("Z.", "ZOE@visitor.example")):
        await (await app.house.visit(name, email)).say(CANARY)
    strange, bob = await other.visit("Zoe", ZOE), await app.house.visit("Bob", "bob@visitor.example")
    await strange.say(f"{CANARY} to {other.made.account_id}")
    answer = (await use(app, await link(app, post))).json()
    held = {name: answer["held"][name] for name in ("contacts", "chats", "messages", "files", "receipts")}
    assert held == {"contacts": 2, "chats": 2, "messages": 2, "files": 0, "receipts": 2}
    bearer = {"authorization": f"Bearer {answer['token']}"}
    copies = [
        await app.call("GET", path(app.house, f"/export/{each}"), **bearer) for each in answer["held"]["contact_ids"]
    ]
    assert [CANARY in each.text for each in copies] == [True, True]
    assert [name in each.text for each, name in zip(copies, ('"Zoe"', '"Z."'), strict=True)] == [True, True]
    assert not [each for each in copies if other.made.account_id in each.text]
    for uid in (strange.contact.uid, bob.contact.uid):
        problem_of(await app.call("GET", path(app.house, f"/export/{uid}"), **bearer), 404, "not_found")
    problem_of(await app.call("GET", path(other, f"/export/{strange.contact.uid}"), **bearer), 401, "unauthorized")


async def test_a_link_works_once_within_the_hour_and_on_its_own_account_alone(mailing: Served, post: Post) -> None:
    app = mailing
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    await app.house.visit("Zoe", ZOE)
    first = await link(app, post)
    problem_of(await use(app, first, other), 401, "unauthorized")
    assert (await use(app, first)).status_code == 200
    used = problem_of(await use(app, first), 401, "unauthorized")
    late = await link(app, post)
    app.context.services = mailed(app.services, post.port, app.services.clock() + links.MAILED)
    expired = problem_of(await use(app, late), 401, "unauthorized")
    guessed = problem_of(await use(app, "x" * 43), 401, "unauthorized")
    assert used == expired == guessed


async def test_an_opened_link_ends_and_the_mailed_secret_is_no_key_to_anything(mailing: Served, post: Post) -> None:
    app = mailing
    guest = await app.house.visit("Zoe", ZOE)
    mailed_secret = await link(app, post)
    export = path(app.house, f"/export/{guest.contact.uid}")
    problem_of(await app.call("GET", export, authorization=f"Bearer {mailed_secret}"), 401, "unauthorized")
    bearer = {"authorization": f"Bearer {(await use(app, mailed_secret)).json()['token']}"}
    assert (await app.call("GET", export, **bearer)).status_code == 200
    app.context.services = mailed(app.services, post.port, app.services.clock() + links.OPENED)
    problem_of(await app.call("GET", export, **bearer), 401, "unauthorized")
    assert await links.sweep(app.services) == 1
    assert (await counted(app.services))["link"] == 0


class Padding:
    """Stands where links wait, and lets them on when a test says so: no clock of a busy machine is asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.begun, self.over = asyncio.Event(), asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        """Note for how long, and wait until it is said to be over."""
        self.asked.append(seconds)
        self.begun.set()
        await self.over.wait()


async def links_of(app: Served) -> int:
    """How many links are stored."""
    count = select(func.count()).select_from(schema.link)
    return int(await app.services.store.read(lambda tx: tx.execute(count).scalar_one()))


async def padded(app: Served, email: str, monkeypatch: pytest.MonkeyPatch) -> tuple[list[float], bool, Any]:
    """What an answer was held back by, whether a link was stored meanwhile, and the answer."""
    padding, before = Padding(), await links_of(app)
    here = SimpleNamespace(sleep=padding.sleep, gather=asyncio.gather, to_thread=asyncio.to_thread)
    monkeypatch.setattr(links, "asyncio", here)
    asking = asyncio.create_task(ask(app, email))
    begun = asyncio.create_task(padding.begun.wait())
    await asyncio.wait({asking, begun}, timeout=60, return_when=asyncio.FIRST_COMPLETED)
    begun.cancel()
    async with asyncio.timeout(60):
        stored = False
        for _ in range(200):  # an unknown address stores nothing, however long one looks
            stored = stored or await links_of(app) > before
            if stored or asking.done():
                break
            await asyncio.sleep(0.01)
        held = [] if asking.done() else padding.asked
        padding.over.set()
        answer = await asking
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return held, stored, (answer.status_code, answer.content, headers)


async def test_known_and_unknown_addresses_are_answered_alike(
    mailing: Served, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = mailing
    guests = [f"zoe{n}@visitor.example" for n in range(2)]
    for each in guests:
        await (await app.house.visit("Zoe", each)).say(CANARY)
    asked = (guests[0], "no0@visitor.example", guests[1], "no1@visitor.example")
    seen = [await padded(app, email, monkeypatch) for email in asked]
    assert [stored for _, stored, _ in seen] == [True, False, True, False]  # the work is done within the padding
    assert [held for held, _, _ in seen] == [[links.EVEN]] * 4
    assert [answer for _, _, answer in seen] == [seen[0][2]] * 4
    await letters.sweep(app.services)
    assert sorted(mail["to"] for mail in post.mails) == guests  # the control: those known were mailed, nobody else


async def test_an_answer_that_comes_sooner_for_who_is_unknown_is_found(
    mailing: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, real = mailing, links.ask
    await (await app.house.visit("Zoe", ZOE)).say(CANARY)

    async def hasty(services: Any, key: str, email: str, *more: Any) -> None:
        if email == ZOE:
            await real(services, key, email, *more)

    monkeypatch.setattr(links, "ask", hasty)
    assert (await padded(app, ZOE, monkeypatch))[0] == [links.EVEN]
    assert (await padded(app, "no@visitor.example", monkeypatch))[0] == []


async def test_asking_and_guessing_are_limited(mailing: Served) -> None:
    app = mailing
    await app.house.visit("Zoe", ZOE)
    for email in (ZOE, "nobody@visitor.example"):
        for _ in range(links.ASKED_ADDRESS):
            assert (await ask(app, email)).status_code == 202
        problem_of(await ask(app, email), 429, "rate_limited")
    for n in range(links.TRIED):
        problem_of(await use(app, f"guess{n}"), 401, "unauthorized")
    problem_of(await use(app, "guess"), 429, "rate_limited")
    assert (await counted(app.services))["link"] == links.WAITING


async def test_a_link_goes_to_the_address_as_it_was_given(mailing: Served, post: Post) -> None:
    await mailing.house.visit("Zoe", "Zoe@visitor.example")
    await link(mailing, post, " zoe@VISITOR.example")
    assert post.took[-1].rcpt_tos == ["Zoe@visitor.example"]


async def test_the_secret_is_in_no_address_and_kept_as_a_hash(mailing: Served, post: Post) -> None:
    app = mailing
    await app.house.visit("Zoe", ZOE)
    secret = await link(app, post)
    address = post.mails[-1].get_content().partition("http://")[2].split()[0]
    assert address.partition("#")[0].endswith(path(app.house))
    for file in app.services.settings.data.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file
    assert len(secret) == 43
    assert digest(secret) != secret


async def test_erasing_by_link_forgets_all_and_the_number_finds_the_certificate(mailing: Served, post: Post) -> None:
    app = mailing
    for _ in range(2):
        await (await app.house.visit("Zoe", ZOE)).say(CANARY)
    stays = await app.house.visit("Bob", "bob@visitor.example")
    numbers = await erase(app, await opened(app, post))
    await erasure.sweep(app.services)
    left = await counted(app.services)
    assert (left["contact"], left["message"], left["link"], left["outbox"]) == (1, 0, 0, 0)
    for number in numbers:
        seen = (await app.call("GET", path(app.house, f"/erasures/{number}"))).json()
        assert (seen["state"], seen["reached"]) == ("done", seen["places"])
        document = seen["certificate"]["certificate"]
        assert (document["certificate"], document["requested_by"]) == (number, "link")
        assert stays.contact.uid not in str(seen)


async def test_a_number_is_no_key_to_another_accounts_erasure(mailing: Served, post: Post) -> None:
    app = mailing
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    await app.house.visit("Zoe", ZOE)
    (number,) = await erase(app, await opened(app, post))
    problem_of(await app.call("GET", path(other, f"/erasures/{number}")), 404, "not_found")
    assert (await app.call("GET", path(app.house, f"/erasures/{number}"))).status_code == 200


async def test_withdrawing_by_link_stops_at_once_and_erases_after_the_grace(mailing: Served, post: Post) -> None:
    app = mailing
    await accounts.change_account(app.services, app.house.actor, grace_days=7)
    guest = await app.house.visit("Zoe", ZOE)
    await erase(app, await opened(app, post), at_once=False)
    await erasure.sweep(app.services)
    assert (await counted(app.services))["contact"] == 1
    receipt = await app.client.get(f"/widget/{app.house.key}/receipt", headers=guest.bearer)
    assert receipt.status_code == 422
    again = await opened(app, post)  # what waits can still be seen, and erased now
    await erase(app, again)
    await erasure.sweep(app.services)
    assert (await counted(app.services))["contact"] == 0


async def test_a_hold_keeps_what_a_link_asks_to_erase(mailing: Served, post: Post) -> None:
    app = mailing
    guest = await app.house.visit("Zoe", ZOE)
    await holds.place_hold(app.services, app.house.actor, guest.contact.uid, "a claim", 3)
    (number,) = await erase(app, await opened(app, post))
    await erasure.sweep(app.services)
    seen = (await app.call("GET", path(app.house, f"/erasures/{number}"))).json()
    assert (seen["state"], seen["certificate"]) == ("queued", None)
    assert "claim" not in str(seen)


async def test_without_mail_or_an_address_of_its_own_the_page_says_how_else(app: Served, post: Post) -> None:
    await accounts.change_site(app.services, app.house.actor, app.house.site.id, alternative="privacy@acme.example")
    plain = await app.call("GET", path(app.house))
    assert plain.status_code == 200
    assert "privacy@acme.example" in plain.text
    assert "privacy-page" not in plain.text
    problem_of(await ask(app), 404, "not_found")
    # An address taken from the request would be the asker's: a link to wherever they say, in somebody else's mail.
    services = mailed(app.services, post.port)
    app.context.services = replace(services, settings=replace(services.settings, base_url=""))
    problem_of(await ask(app), 404, "not_found")
    app.context.services = services
    assert "<privacy-page>" in (await app.call("GET", path(app.house))).text


async def test_the_page_is_anybodys_and_asks_from_no_other_page(mailing: Served) -> None:
    app = mailing
    page = await app.call("GET", path(app.house), accept_language="el")
    assert "Τα δεδομένα σας στο Acme" in page.text
    assert "set-cookie" not in page.headers
    assert (await app.call("GET", "/privacy/site_nobodys")).status_code == 404
    for headers in ({"origin": "https://evil.example"}, {}):
        for where, body in (("/links", {"email": ZOE}), ("/opened", {"link": "x"}), ("/erasures", {"at_once": True})):
            problem_of(await app.call("POST", path(app.house, where), body, **headers), 403, "forbidden")


@pytest.mark.parametrize("email", ["", "zoe", "a@b.example\r\nBcc: x@y.example", "a b@c.example", "x" * 300])
async def test_what_is_no_address_is_refused(mailing: Served, email: str) -> None:
    problem_of(await ask(mailing, email), 422, "invalid_field")


async def test_two_who_open_a_link_at_once_open_it_once(mailing: Served, post: Post) -> None:
    app = mailing
    await app.house.visit("Zoe", ZOE)
    secret = await link(app, post)
    answers = await asyncio.gather(*(use(app, secret) for _ in range(5)))
    assert sorted(each.status_code for each in answers) == [200, 401, 401, 401, 401]


async def test_a_contact_whose_key_is_gone_is_mailed_nothing_and_breaks_nothing(mailing: Served, post: Post) -> None:
    app = mailing
    guest: Guest = await app.house.visit("Zoe", ZOE)
    app.services.keys.destroy(guest.contact.key_slot, guest.contact.uid)
    assert (await ask(app)).status_code == 202
    await letters.sweep(app.services)
    assert post.took == []
