"""A sign-in from a new device and a changed password are mailed to whose they are; a sign-in as ever is not."""

from dataclasses import replace

import pytest

from chat.agent_mail import actions as agent_mail
from chat.agent_profile.actions import profile
from chat.core.errors import InvalidField, Unauthorized
from chat.core.networks import Network
from chat.infra.services import Services
from chat.team.actions import credentials, sessions, sign_ins
from tests.inside import PASSWORD, House
from tests.post import Post, mailed

pytestmark = pytest.mark.anyio
NEW = "four quiet herons walk"
HERE = Network("here", device="Firefox/Linux")


async def signed_in(services: Services, house: House, device: str = "", network: Network = HERE) -> str:
    """What the device shows next time."""
    return (await sign_ins.sign_in(services, house.made.owner_email, PASSWORD, network, device)).device


async def letters(services: Services, post: Post) -> list[tuple[str, str]]:
    """Subject and text of what has come."""
    await agent_mail.sweep(services)
    return [(mail["subject"], mail.get_content()) for mail in post.mails]


async def a_new_device_is_written_of_and_a_known_one_not(house: House, post: Post, services: Services) -> None:
    device = await signed_in(services, house)
    await signed_in(services, house, device)
    ((subject, text),) = await letters(services, post)
    assert subject == "A new sign-in to your account at Acme"
    assert "Firefox on Linux" in text


async def test_a_new_device_is_written_of_and_a_known_one_not(house: House, post: Post) -> None:
    await a_new_device_is_written_of_and_a_known_one_not(house, post, mailed(house.services, post.port))


async def test_a_server_that_writes_nothing_is_found(house: House, post: Post) -> None:
    """The control."""
    services = mailed(house.services, post.port)
    silent = replace(services, gathered=replace(services.gathered, new_device=lambda *_: None))
    with pytest.raises(ValueError, match="unpack"):
        await a_new_device_is_written_of_and_a_known_one_not(house, post, silent)


async def test_in_the_agents_language_and_nothing_of_a_failure(house: House, post: Post) -> None:
    services = mailed(house.services, post.port)
    await profile.change(services, house.actor, locale="el")
    with pytest.raises(Unauthorized):
        await sign_ins.sign_in(services, house.made.owner_email, "not the password at all", HERE)
    await signed_in(services, house, network=Network("there", device="?/?"))
    ((_, text),) = await letters(services, post)
    assert "Άγνωστη συσκευή" in text


async def a_password_that_was_changed_is_written_of(house: House, post: Post, services: Services) -> None:
    """By the agent, who gives a wrong one first, and by the server's operator."""
    begun = await sign_ins.sign_in(services, house.made.owner_email, PASSWORD, HERE)
    actor = await sessions.by_session(services, services.tokens.cookie(begun.secret))
    await letters(services, post)
    post.took.clear()
    with pytest.raises(InvalidField):
        await credentials.change(services, actor, "not the password at all", NEW)
    assert await letters(services, post) == []
    await credentials.change(services, actor, PASSWORD, NEW)
    await credentials.renew(services, house.made.owner_email, None, with_tokens=False)
    said = await letters(services, post)
    assert [subject for subject, _ in said] == ["Your password at Acme was changed"] * 2
    assert not any(each in text for _, text in said for each in (PASSWORD, NEW))


async def test_a_password_that_was_changed_is_written_of(house: House, post: Post) -> None:
    await a_password_that_was_changed_is_written_of(house, post, mailed(house.services, post.port))


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_a_server_that_keeps_a_changed_password_to_itself_is_found(house: House, post: Post) -> None:
    """The control."""
    services = mailed(house.services, post.port)
    silent = replace(services, gathered=replace(services.gathered, password_changed=lambda *_: None))
    with pytest.raises(AssertionError):
        await a_password_that_was_changed_is_written_of(house, post, silent)
