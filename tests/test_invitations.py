"""Claims about invitations: once, within a week, for one account, role and address, while who sent them may."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from chat.core.clock import DAY
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, NotFound, NotNow, RateLimited
from chat.core.model import Agent
from chat.core.networks import Network
from chat.infra.keys.keys import Keys
from chat.infra.services import Services
from chat.invitations import store
from chat.invitations.actions import accepting, inviting, standing, views
from chat.invitations.actions.inviting import Inviter
from chat.invitations.domain import GOOD, SHOWN
from chat.invitations.schema import invitation, invitation_letter
from chat.lifecycle.actions import changes
from chat.roles import actions as roles
from chat.team import store as team
from chat.team.actions import agents, sessions
from chat.team.schema import agent
from tests.commands import lethe
from tests.inside import CHAT, House, Served, colleague, counted, found, new_id, problem_of
from tests.post import Post, mailed
from tests.test_migrations import environment, one_line

pytestmark = pytest.mark.anyio
YAN = "yan@acme.example"
OWN = "four quiet herons walk"
NEAR = Network("near", "")
LINK = re.compile(r"http://chat\.test/invitation#([\w-]{43})")
OURS = {"origin": CHAT}
Claim = Callable[[House, Post], Awaitable[None]]
Break = Callable[[pytest.MonkeyPatch], None]


def by(house: House, actor_id: str = "", role: str = "owner") -> Inviter:
    """The owner, or another of a role, as who invites."""
    return inviting.inviter(house.acting(actor_id, role) if actor_id else house.actor)


async def invited(services: Services, who: Inviter, email: str = YAN, role: str = "agent") -> tuple[str, str]:
    """An invitation's id, and the secret of its link, as who made it sees it without mail."""
    made = await inviting.invite(services, who, email, role)
    assert made.path
    return made.view.id, made.path.partition("#")[2]


async def accept(services: Services, link: str, name: str = "Yan", password: str = OWN) -> str:
    """Accept; the id of the agent whose session begins."""
    made = await accepting.accept(services, link, name, password, NEAR)
    return (await sessions.by_session(services, services.tokens.cookie(made.secret))).agent_id


async def refused(services: Services, link: str, why: str) -> None:
    """It neither shows nor lets in, says why, and changes nothing but the audit log."""
    before = await counted(services)
    with pytest.raises(InvalidField) as shown:
        await accepting.open_link(services, link, NEAR)
    with pytest.raises(InvalidField) as taken:
        await accepting.accept(services, link, "Yan", OWN, NEAR)
    assert [each.value.extra["why"] for each in (shown, taken)] == [why, why]
    assert await counted(services) | {"audit": 0} == before | {"audit": 0}


async def entered(house: House) -> list[str]:
    """The actions in the audit log."""
    answer = await house.services.store.read(
        lambda tx: tx.exec_driver_sql("SELECT action FROM audit ORDER BY number").scalars().all()
    )
    return [str(each) for each in answer]


async def it_makes_one_agent_as_it_says(house: House, _post: Post) -> None:
    services = house.services
    uid, link = await invited(services, by(house), role="admin")
    row: Any = await services.store.read(lambda tx: store.one(tx, house.actor.account_id, uid))
    opened = await accepting.open_link(services, link, NEAR)
    owner = house.actor.name
    assert (opened.account, opened.role, opened.email, opened.invited_by) == ("Acme", "admin", YAN, owner)
    yan = await accept(services, link)
    joined = await services.store.read(lambda tx: team.one(tx, house.actor.account_id, yan))
    made = agents.agent_of(services, joined)
    assert (made.name, made.email, made.role, made.active) == ("Yan", YAN, "admin", True)
    assert (await counted(services))["invitation"] == 0
    assert not services.keys.holds(row.key_slot, uid)
    await refused(services, link, "gone")
    assert {"invitation.made", "invitation.accepted", "agent.signed_in"} <= set(await entered(house))


async def two_at_once_make_one_agent(house: House, _post: Post) -> None:
    services = house.services
    _, link = await invited(services, by(house))
    before = await counted(services)
    done = await asyncio.gather(
        *(accepting.accept(services, link, f"Yan {n}", OWN, NEAR) for n in range(4)), return_exceptions=True
    )
    assert len([each for each in done if not isinstance(each, BaseException)]) == 1, done
    assert all(isinstance(each, InvalidField | NotNow) for each in done if isinstance(each, BaseException)), done
    after = await counted(services)
    assert (after["agent"], after["session"]) == (before["agent"] + 1, before["session"] + 1)


async def it_ends_with_its_week(house: House, _post: Post) -> None:
    services = house.services
    _, link = await invited(services, by(house))
    await accepting.open_link(at(services, GOOD - DAY), link, NEAR)
    await refused(at(services, GOOD), link, "expired")
    assert "invitation.refused" in await entered(house)


async def taken_back_it_opens_nothing(house: House, _post: Post) -> None:
    services = house.services
    uid, link = await invited(services, by(house))
    await inviting.take_back(services, by(house), uid)
    await refused(services, link, "gone")


async def sent_again_the_old_link_ends(house: House, _post: Post) -> None:
    services = house.services
    uid, first = await invited(services, by(house))
    again = await inviting.send_again(at(services, 2 * DAY), by(house), uid)
    assert again.path
    await refused(services, first, "gone")
    late = at(services, GOOD + DAY)
    assert (await accepting.open_link(late, again.path.partition("#")[2], NEAR)).email == YAN


async def it_ends_with_the_right_of_who_sent_it(house: House, _post: Post) -> None:
    services, zoe = house.services, await admin_of(house)
    uid, link = await invited(services, by(house, zoe.id, "admin"))
    for role, why in (("agent", "void"), ("admin", "")):
        await services.store.write(lambda tx, role=role: team.set_role(tx, zoe.id, role))  # type: ignore[misc] # bound now
        if why:
            await refused(services, link, why)
            assert (await views.invitation(services, house.actor, uid)).status == "void"
    await changes.deactivate(services, house.actor, zoe.id)
    await refused(services, link, "void")
    # Somebody who may sends it again: then it is theirs.
    again = await inviting.send_again(services, by(house), uid)
    assert again.path
    await accept(services, again.path.partition("#")[2])


async def it_ends_when_an_owner_takes_the_right_from_the_role(house: House, _post: Post) -> None:
    services, zoe = house.services, await admin_of(house)
    _, link = await invited(services, by(house, zoe.id, "admin"))
    await roles.change(services, house.actor, {"admin": {"agent.manage": False}})
    await refused(services, link, "void")


async def an_owners_invitation_ends_when_they_are_owner_no_more(house: House, _post: Post) -> None:
    services = house.services
    zoe, _ = await colleague(services, house.actor, "zoe@acme.example", "Zoe", "owner")
    _, link = await invited(services, by(house, zoe.id), role="owner")
    await services.store.write(lambda tx: team.set_role(tx, zoe.id, "admin"))
    await refused(services, link, "void")


async def a_row_of_ones_own_making_lets_nobody_in(house: House, _post: Post) -> None:
    services = house.services
    uid, link = await invited(services, by(house), role="agent")
    # Somebody who writes the database raises their own invitation.
    await services.store.write(lambda tx: tx.execute(update(invitation).values(role="owner")))
    await refused(services, link, "gone")
    row: Any = await services.store.read(
        lambda tx: tx.exec_driver_sql("SELECT key_slot, email, email_hash FROM invitation").one()
    )
    forged: dict[str, Any] = {"id": new_id(), "account_id": house.actor.account_id, "role": "owner"}
    forged |= {
        "secret_hash": digest("mine"),
        "key_slot": row[0],
        "email": row[1],
        "created_at": 0,
        "expires_at": services.clock() + GOOD,
    }
    await services.store.write(lambda tx: tx.execute(insert(invitation).values(**forged, email_hash="x")))
    await refused(services, "mine", "gone")
    assert await views.invitations(services, house.actor) == [], uid


async def nobody_invites_above_themselves_or_elsewhere(house: House, _post: Post) -> None:
    services, zoe = house.services, await admin_of(house)
    other = await found(services, "Other", "owner@other.example", house.box)
    uid, _ = await invited(services, by(house), role="owner")
    await refuses(Forbidden, inviting.invite, services, by(house, zoe.id, "admin"), "x@acme.example", "owner")
    await refuses(Forbidden, inviting.send_again, services, by(house, zoe.id, "admin"), uid)
    await refuses(Forbidden, inviting.take_back, services, by(house, zoe.id, "admin"), uid)
    for action in (inviting.send_again, inviting.take_back):
        await refuses(NotFound, action, services, by(other), uid)
    with pytest.raises(NotFound):
        await views.invitation(services, other.actor, uid)
    assert await views.invitations(services, other.actor) == []
    with pytest.raises(Forbidden):
        inviting.inviter(house.acting(zoe.id, "agent"))
    assert (await counted(services))["invitation"] == 1


async def refuses(kind: type[Exception], action: Callable[..., Awaitable[Any]], *arguments: Any) -> None:
    """An action raises."""
    with pytest.raises(kind):
        await action(*arguments)


async def admin_of(house: House) -> Agent:
    made, _ = await colleague(house.services, house.actor, "zoe@acme.example", "Zoe", "admin")
    return made


def at(services: Services, later: int) -> Services:
    """The same, so many ms later."""
    now = services.clock()
    return replace(services, clock=lambda: now + later)


def believing(patch: pytest.MonkeyPatch) -> None:
    """Every row holds."""
    patch.setattr(store, "holds", lambda *_: True)
    patch.setattr(team, "holds", lambda *_: True)


def keeping(patch: pytest.MonkeyPatch) -> None:
    """What is accepted or taken back stays, and an agent may be there twice."""
    patch.setattr(store, "drop", lambda *_: True)
    patch.setattr(Keys, "destroy", lambda *_: True)
    patch.setattr(team, "by_email", lambda *_: None)


def anybody(patch: pytest.MonkeyPatch) -> None:
    """Whoever ever invited may."""
    for module in (accepting, inviting, views):
        patch.setattr(module, "may_invite", lambda *_, **__: True)


def timeless(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(inviting, "GOOD", 10 * GOOD)


def one_link(patch: pytest.MonkeyPatch) -> None:
    """Sending again changes no secret."""
    patch.setattr(store, "renew", lambda *_, **__: None)


CLAIMS: dict[Claim, Break | None] = {
    it_makes_one_agent_as_it_says: keeping,
    two_at_once_make_one_agent: None,  # held twice: the address is unique in the database as well
    it_ends_with_its_week: timeless,
    taken_back_it_opens_nothing: keeping,
    sent_again_the_old_link_ends: one_link,
    it_ends_with_the_right_of_who_sent_it: anybody,
    it_ends_when_an_owner_takes_the_right_from_the_role: anybody,
    an_owners_invitation_ends_when_they_are_owner_no_more: anybody,
    a_row_of_ones_own_making_lets_nobody_in: believing,
    nobody_invites_above_themselves_or_elsewhere: anybody,
}


@pytest.mark.parametrize("claim", CLAIMS)
async def test_a_claim_about_invitations_holds(house: House, post: Post, claim: Any) -> None:
    await claim(house, post)


@pytest.mark.parametrize(("claim", "broken"), [(each, how) for each, how in CLAIMS.items() if how])
async def test_the_control_a_claim_is_false_without_its_defence(
    house: House, post: Post, monkeypatch: pytest.MonkeyPatch, claim: Any, broken: Any
) -> None:
    broken(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await claim(house, post)


def test_all_that_opens_something_is_bound() -> None:
    said = {"id", "account_id", "invited_by", "role", "email_hash", "secret_hash", "expires_at"}
    assert set(invitation.info["bound"]) == said
    # The address is sealed under the invitation's own key, and must have the hash that is bound.
    assert {each.name for each in invitation.c} - said == {"key_slot", "email", "created_at", "returned", "mac"}
    assert not invitation.info["saved"]
    assert not invitation_letter.info["saved"]


async def test_an_address_that_is_here_gone_or_invited_is_refused_with_a_line_of_its_own(house: House) -> None:
    services = house.services
    yan, _ = await colleague(services, house.actor, YAN, "Yan", "agent")
    await invited(services, by(house), "zoe@acme.example")
    for email, why in ((YAN.upper(), "here"), ("Zoe@ACME.example", "invited")):
        with pytest.raises(InvalidField) as refused:
            await inviting.invite(services, by(house), email, "agent")
        assert refused.value.extra["why"] == why
    await changes.deactivate(services, house.actor, yan.id)
    with pytest.raises(InvalidField, match="reactivate"):
        await inviting.invite(services, by(house), YAN, "agent")
    for email, role, field in (("no address", "agent", "email"), ("x@acme.example", "king", "role")):
        with pytest.raises(InvalidField) as refused:
            await inviting.invite(services, by(house), email, role)
        assert refused.value.extra["field"] == field
    assert (await counted(services))["invitation"] == 1


async def test_an_address_of_another_account_is_said_to_its_owner_alone(house: House) -> None:
    services = house.services
    other = await found(services, "Other", "owner@other.example", house.box)
    _, link = await invited(services, by(house), "owner@other.example")
    await refused(services, link, "here")
    assert (await counted(services))["agent"] == 2, other


async def test_the_same_id_again_is_the_same_invitation_also_at_once(house: House) -> None:
    services, uid = house.services, new_id()
    made = await asyncio.gather(*(inviting.invite(services, by(house), YAN, "agent", uid) for _ in range(3)))
    assert {each.view.id for each in made} == {uid}
    assert len([each for each in made if each.path]) == 1
    with pytest.raises(NotNow):
        await inviting.invite(services, by(house), "other@acme.example", "agent", uid)
    assert (await counted(services))["invitation"] == 1


async def test_two_at_once_for_one_address_are_one_invitation(house: House) -> None:
    services = house.services
    made = await asyncio.gather(
        *(inviting.invite(services, by(house), YAN, "agent") for _ in range(3)), return_exceptions=True
    )
    assert len([each for each in made if not isinstance(each, BaseException)]) == 1
    assert {type(each) for each in made if isinstance(each, BaseException)} <= {InvalidField, NotNow}


async def test_taken_back_while_it_is_accepted_is_one_or_the_other(house: House) -> None:
    services = house.services
    uid, link = await invited(services, by(house))
    joined, taken = await asyncio.gather(
        accepting.accept(services, link, "Yan", OWN, NEAR),
        inviting.take_back(services, by(house), uid),
        return_exceptions=True,
    )
    assert isinstance(joined, BaseException) != isinstance(taken, BaseException), (joined, taken)
    assert (await counted(services))["invitation"] == 0


async def test_an_invitation_is_mailed_sealed_until_it_is_and_shown_to_nobody_else(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    made = await inviting.invite(services, replace(by(house), locale="el"), YAN, "agent")
    assert made.path is None
    assert (await counted(services))["invitation_letter"] == 1
    assert await inviting.sweep(services) == 1
    (mail,) = post.mails
    assert (mail["to"], mail["subject"]) == (YAN, "Πρόσκληση: Acme")
    seen = LINK.search(mail.get_content())
    assert seen
    await accept(services, seen[1])


async def test_a_letter_that_comes_back_is_said_and_goes_with_its_invitation(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    made = await inviting.invite(services, by(house), "nobody@acme.example", "agent")
    await inviting.sweep(services)
    assert (await views.invitation(services, house.actor, made.view.id)).status == "returned"
    await inviting.send_again(services, by(house), made.view.id)
    assert (await counted(services))["invitation_letter"] == 1
    await services.store.write(lambda tx: tx.execute(delete(invitation)))
    assert (await counted(services))["invitation_letter"] == 0


async def test_letters_in_an_accounts_name_are_limited(house: House) -> None:
    services = house.services
    uid, _ = await invited(services, by(house))
    for _ in range(inviting.MOST_ADDRESS - 1):
        await inviting.send_again(services, by(house), uid)
    with pytest.raises(RateLimited):
        await inviting.send_again(services, by(house), uid)
    await invited(services, by(house), "zoe@acme.example")


async def test_what_is_over_goes_with_its_key_a_week_later(house: House) -> None:
    services = house.services
    await invited(services, by(house))
    slot = await services.store.read(lambda tx: tx.exec_driver_sql("SELECT id, key_slot FROM invitation").one())
    assert await inviting.sweep_over(at(services, SHOWN - DAY)) == 0
    assert (await views.invitations(at(services, SHOWN - DAY), house.actor))[0].status == "expired"
    assert await inviting.sweep_over(at(services, SHOWN + 1)) == 1
    assert (await counted(services))["invitation"] == 0
    assert not services.keys.holds(slot[1], slot[0])


async def test_an_invitation_goes_with_who_sent_it(house: House) -> None:
    services, zoe = house.services, await admin_of(house)
    await invited(services, by(house, zoe.id, "admin"))
    await services.store.write(lambda tx: tx.execute(delete(agent).where(agent.c.id == zoe.id)))
    assert (await counted(services))["invitation"] == 0


async def test_the_operators_invitation_needs_no_agents_right(house: House) -> None:
    services = house.services
    _, link = await invited(services, await inviting.operator(services, ""), role="owner")
    assert (await accepting.open_link(services, link, NEAR)).invited_by == ""
    await found(services, "Other", "owner@other.example", house.box)
    for account in ("", "none"):
        with pytest.raises(InvalidField) as refused:
            await inviting.operator(services, account)
        assert refused.value.extra["field"] == "account"


async def test_over_rest_a_link_is_answered_once_and_others_see_nothing(app: Served) -> None:
    other = await found(app.services, "Other", "owner@other.example", app.house.box)
    body = {"email": YAN, "role": "agent", "id": new_id()}
    made = await app.rest("POST", "/invitations", body)
    assert (made.status_code, made.json()["status"]) == (201, "waiting")
    link = LINK.search(made.json()["link"])
    assert link
    for method, path, given in (
        ("POST", "/invitations", body),
        ("GET", "/invitations", None),
        ("GET", f"/invitations/{body['id']}", None),
    ):
        answer = await app.rest(method, path, given)
        assert answer.status_code < 300
        assert link[1] not in answer.text
        assert '"link"' not in answer.text
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/send")):
        problem_of(await app.rest(method, f"/invitations/{body['id']}{path}", house=other), 404, "not_found")
    again = (await app.rest("POST", f"/invitations/{body['id']}/send")).json()
    assert LINK.search(again["link"]) != link
    assert (await app.rest("DELETE", f"/invitations/{body['id']}")).status_code == 204
    for wrong, field in (({"role": "king"}, "role"), ({"email": "x"}, "email"), ({"id": "x"}, "id")):
        problem = problem_of(await app.rest("POST", "/invitations", body | wrong), 422, "invalid_field")
        assert problem["field"] == field


async def test_who_accepts_on_the_page_is_signed_in_and_what_is_wrong_is_said_beside_the_field(app: Served) -> None:
    _, link = await invited(app.services, by(app.house))
    good = {"link": link, "name": "Yan", "password": OWN, "again": OWN}
    shown = await app.client.post("/invitation", data={"link": link}, headers=OURS)
    assert shown.status_code == 200
    assert YAN in shown.text
    for wrong, field in (
        ({"name": " "}, "name"),
        ({"password": "x", "again": "x"}, "password"),
        ({"again": "x"}, "again"),
    ):
        answer = await app.client.post("/invitation", data=good | wrong, headers=OURS)
        assert (answer.status_code, f'id="{field}-error"' in answer.text) == (422, True), field
        assert field == "name" or 'value="Yan"' in answer.text
        assert OWN not in answer.text
    foreign = await app.client.post("/invitation", data=good, headers={"origin": "https://evil.example"})
    assert foreign.status_code == 403
    joined = await app.client.post("/invitation", data=good, headers=OURS)
    assert (joined.status_code, joined.headers["location"]) == (303, "/inbox")
    assert (await app.client.get("/inbox")).status_code == 200
    app.client.cookies.clear()
    used = await app.client.post("/invitation", data=good, headers=OURS)
    assert (used.status_code, "was accepted" in used.text) == (422, True)


async def test_guessing_invitations_is_limited(app: Served) -> None:
    answers = [
        (await app.client.post("/invitation", data={"link": f"{n}"}, headers=OURS)).status_code
        for n in range(accepting.TRIED + 1)
    ]
    assert answers == [422] * accepting.TRIED + [429]


async def test_what_may_is_asked_of_the_account_of_who_invites(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example", house.box)
    asked: tuple[Any, ...] = (house.services, house.actor.agent_id)
    mine, theirs = house.actor.account_id, other.actor.account_id
    may = [
        await house.services.store.read(lambda tx, of=of: standing.may_invite(asked[0], tx, asked[1], of, "agent"))  # type: ignore[misc] # bound now
        for of in (mine, theirs)
    ]
    assert may == [True, False]


async def test_an_address_that_does_not_open_lets_nobody_in(house: House) -> None:
    services = house.services
    _, link = await invited(services, by(house))
    await invited(services, by(house), "zoe@acme.example")
    other = "(SELECT email FROM invitation ORDER BY created_at DESC, id DESC LIMIT 1)"
    await services.store.write(lambda tx: tx.exec_driver_sql(f"UPDATE invitation SET email = {other}"))  # noqa: S608 - a text of our own
    await refused(services, link, "gone")


def test_the_commands_show_links_once_where_no_mail_is_sent(sqlite_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, sqlite_url)
    owner = ("--account", "Acme", "--email", "owner@acme.example", "--origin", "https://shop.example")
    assert lethe(environ, "init", *owner).returncode == 0
    invited_one = json.loads(lethe(environ, "agent", "invite", "--email", YAN, "--role", "admin", "--json").stdout)
    assert re.fullmatch(r"/invitation#[\w-]{43}", invited_one["link"])
    again = lethe(environ, "agent", "invite", "--email", YAN)
    one_line(again, "invited already")
    reset = json.loads(lethe(environ, "password", "--email", "owner@acme.example", "--link", "--json").stdout)
    assert re.fullmatch(r"/password/reset#[\w-]{43}", reset["link"])
    one_line(lethe(environ, "password", "--email", "owner@acme.example", "--link", "--tokens"), "--link")
    one_line(lethe(environ, "password", "--email", "nobody@acme.example", "--link"), "No active agent")
