"""No restore brings a used link back: none is in a backup, and the ledger locks the password that was in force."""

from pathlib import Path
from typing import Any

import pytest

from chat.core.errors import InvalidField, Unauthorized
from chat.core.networks import Network
from chat.core.settings import Settings
from chat.infra.keys.keys import Keys
from chat.infra.services import Services
from chat.invitations.actions import accepting, inviting
from chat.invitations.schema import invitation
from chat.password_resets.actions import asking, using
from chat.team.actions import sign_ins
from tests.backups import backed_up, restored
from tests.inside import PASSWORD, House

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
NEAR = Network("near", "")
OWN = "four quiet herons walk"


async def used(house: House, vault: Path) -> tuple[Path, str, str]:
    """A backup from before an invitation was accepted and a password set, and the secrets of both links."""
    services = house.services
    invited = await inviting.invite(services, inviting.inviter(house.actor), "yan@acme.example", "admin")
    reset = await asking.make_by_operator(services, house.made.owner_email)
    joining, setting = ((path or "").partition("#")[2] for path in (invited.path, reset.path))
    path = await backed_up(house, vault)
    await accepting.accept(services, joining, "Yan", OWN, NEAR)
    await using.use(services, setting, OWN, NEAR)
    return path, joining, setting


async def opens(services: Services, link: str, module: Any) -> bool:
    try:
        await module.open_link(services, link, NEAR)
    except InvalidField:
        return False
    return True


async def test_no_restore_brings_back_a_link_that_was_used(house: House, vault: Path, elsewhere: Settings) -> None:
    path, joining, setting = await used(house, vault)
    async with restored(elsewhere, path) as (services, _):
        assert not await opens(services, joining, accepting)
        assert not await opens(services, setting, using)
        with pytest.raises(Unauthorized):  # nor does the password that was set anew since
            await sign_ins.sign_in(services, house.made.owner_email, PASSWORD, NEAR)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_a_saved_invitation_with_its_key_comes_back(
    house: House, vault: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(invitation.info, "saved", value=True)
    monkeypatch.setattr(Keys, "destroy", lambda *_: True)
    path, joining, _ = await used(house, vault)
    async with restored(elsewhere, path) as (services, _):
        assert await opens(services, joining, accepting)
