"""What becomes of second factors elsewhere: the mail about a change, and that a restore brings none back."""

from pathlib import Path
from typing import Any

import pytest

from chat.agent_mail import actions as agent_mail
from chat.backup.actions import replay
from chat.core.errors import InvalidField, SecondFactorRequired, Unauthorized
from chat.core.settings import Settings
from chat.factors.actions import factors, signing_in
from chat.password_resets.actions import asking
from chat.team.actions import credentials, sign_ins
from chat.web.authentication import COOKIE
from tests.backups import backed_up, restored
from tests.factors import HOME, Phone, signed_in, turned_on
from tests.inside import CHAT, PASSWORD, House, Served
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio


async def test_each_change_is_mailed_to_whose_it_is(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    actor, _ = await signed_in(house)
    phone = await turned_on(services, actor)
    await factors.renew_codes(services, actor)
    await factors.turn_off(services, actor)
    while await agent_mail.sweep(services):
        pass
    said = sorted(mail["subject"] for mail in post.mails)
    assert said == [
        "A second factor was turned on",
        "New recovery codes were made",
        "Your second factor was turned off",
    ]
    assert {mail["to"] for mail in post.mails} == {house.made.owner_email}
    assert not any(code in mail.get_content() for mail in post.mails for code in (phone.secret, *phone.recovery))


async def opens(services: Any, house: House, phone: Phone | None = None, code: str = "") -> str:
    """What a password opens, and a code after it where one is asked for."""
    try:
        await sign_ins.sign_in(services, house.made.owner_email, PASSWORD, HOME)
    except Unauthorized as error:
        if not isinstance(error, SecondFactorRequired):
            return "locked"
        try:
            await signing_in.finish(services, error.half, code or (phone.code(1) if phone else "000000"), HOME)
        except InvalidField:
            return "asks"
        return "by code"
    return "by password"


async def test_a_factor_turned_on_since_locks_the_account(house: House, vault: Path, elsewhere: Settings) -> None:
    path = await backed_up(house, vault)
    await turned_on(house.services, (await signed_in(house))[0])
    async with restored(elsewhere, path) as (services, _):
        assert await opens(services, house) == "locked"
        renewed = await credentials.renew(services, house.made.owner_email, None, with_tokens=False)
        assert (await sign_ins.sign_in(services, house.made.owner_email, renewed.password, HOME)).password_due


async def test_a_factor_turned_off_since_does_not_come_back(house: House, vault: Path, elsewhere: Settings) -> None:
    actor, _ = await signed_in(house)
    await turned_on(house.services, actor)
    path = await backed_up(house, vault)
    await factors.turn_off(house.services, actor)
    async with restored(elsewhere, path) as (services, _):
        assert await opens(services, house) == "by password"


@pytest.mark.parametrize("change", ["used", "made anew"])
async def test_a_recovery_code_that_is_no_more_does_not_come_back(
    house: House, vault: Path, elsewhere: Settings, change: str
) -> None:
    actor, _ = await signed_in(house)
    phone = await turned_on(house.services, actor)  # moments before: it is in the backup, and stays
    path = await backed_up(house, vault)
    if change == "used":
        assert await opens(house.services, house, code=phone.recovery[0]) == "by code"
    else:
        await factors.renew_codes(house.services, actor)
    async with restored(elsewhere, path) as (services, _):
        assert await opens(services, house, code=phone.recovery[0]) == "asks"
        assert await opens(services, house, code=phone.recovery[1]) == ("by code" if change == "used" else "asks")
        assert await opens(services, house, phone) == "by code"


async def test_the_control_a_restore_that_replays_nothing_opens_what_was_closed(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await backed_up(house, vault)
    await turned_on(house.services, (await signed_in(house))[0])
    monkeypatch.setattr(replay, "since", lambda *_: [])
    async with restored(elsewhere, path) as (services, _):
        assert await opens(services, house) == "by password"


async def test_a_new_password_takes_no_factor_away(house: House) -> None:
    """So who has the mailbox alone, and sets a password by a link from there, is asked for a code all the same."""
    await turned_on(house.services, (await signed_in(house))[0])
    renewed = await credentials.renew(house.services, house.made.owner_email, None, with_tokens=False)
    with pytest.raises(SecondFactorRequired):
        await sign_ins.sign_in(house.services, house.made.owner_email, renewed.password, HOME)


async def test_a_link_from_the_mailbox_alone_opens_nothing(app: Served, post: Post) -> None:
    await turned_on(app.services, (await signed_in(app.house))[0])
    services = mailed(app.services, post.port)
    made = await asking.make_by_operator(services, app.house.made.owner_email)
    link = (made.path or "").partition("#")[2]
    assert link
    new = "seven lamps over quiet water"
    form = {"link": link, "password": new, "again": new}
    await app.client.post("/password/reset", data=form, headers={"origin": CHAT})
    answer = await app.sign_in("", new)
    assert (answer.headers["location"], COOKIE in answer.cookies) == ("/signin/second?next=/inbox", False)
