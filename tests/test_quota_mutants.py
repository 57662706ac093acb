"""The defences of room taken out one at a time: the claim that each holds must be found false without it."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from chat.account.actions import quotas
from chat.attachments import store as uploads
from chat.attachments.actions import attachments
from chat.export.actions import building
from chat.infra.store import Store
from tests import test_quotas as claims
from tests.inside import House

Claim = Callable[[House], Awaitable[None]]
Break = Callable[[pytest.MonkeyPatch], None]
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
account_is_not_overrun = partial(claims.test_files_under_way_are_counted_by_quotas, limit="account_quota")
server_is_not_overrun = partial(claims.test_files_under_way_are_counted_by_quotas, limit="server_quota")


def instead(where: Any, name: str, what: Any) -> Break:
    """Something else under a name."""
    return lambda patch: patch.setattr(where, name, what)


def nothing(*_: Any) -> None:
    """Refuse nothing."""


def counting(which: Callable[[Any, Any], Any]) -> Break:
    """Counts of what is under way, by the services and what it was before the rows were read, what `which` says."""
    real = quotas._fits

    async def fits(services: Any, account: str, coming: Any, more: int) -> None:
        await real(services, account, which(services, coming), more)

    return instead(quotas, "_fits", fits)


def of_accounts_only(patch: pytest.MonkeyPatch) -> None:
    """Sums that are asked for an account or a contact, and nothing of the whole server."""
    real = uploads.bytes_of
    patch.setattr(uploads, "bytes_of", lambda tx, **of: real(tx, **of) if any(of.values()) else 0)


def of_the_server_only(patch: pytest.MonkeyPatch) -> None:
    """The other way round."""
    real = uploads.bytes_of
    patch.setattr(uploads, "bytes_of", lambda tx, **of: 0 if of.get("account_id") else real(tx, **of))


MUTANTS: dict[str, tuple[Claim, Break]] = {
    "no quota of a contact": (claims.test_a_contact_has_a_quota, instead(attachments, "_within_quota", nothing)),
    "no quota of an account": (account_is_not_overrun, of_the_server_only),
    "no quota of the server": (server_is_not_overrun, of_accounts_only),
    "an account's files under way": (account_is_not_overrun, counting(lambda *_: {})),
    "the server's files under way": (server_is_not_overrun, counting(lambda *_: {})),
    "counted too late": (
        claims.test_what_is_let_go_while_rows_are_read_is_counted_once,
        counting(lambda services, _: services.coming),
    ),
    "no floor for files under way": (
        claims.test_files_under_way_are_counted_by_the_floor,
        instead(quotas, "roomy", lambda *_: True),
    ),
    "no floor for uploads": (claims.test_an_upload_is_refused_under_the_floor, instead(quotas, "has_room", nothing)),
    "no floor for archives": (
        claims.test_an_archive_waits_for_room_however_long,
        instead(quotas, "has_room", nothing),
    ),
    "no floor for archives half way": (
        claims.test_an_archive_that_meets_the_floor_half_way_waits_too,
        instead(quotas, "has_room", nothing),
    ),
    "no floor for messages": (
        claims.test_a_message_is_refused_before_the_disk_is_full,
        instead(Store, "require_room", nothing),
    ),
    "archives are not counted": (
        claims.test_archives_count_and_are_made_all_the_same,
        instead(quotas, "used_by", lambda of, tx, account=None: of.gathered.stored[0](tx, account)),
    ),
    "any number of archives": (claims.test_few_archives_of_a_contact_are_kept, instead(building, "KEPT", 100)),
}


@ON_SQLITE
@pytest.mark.parametrize("name", MUTANTS)
async def test_a_defence_taken_out_is_found(name: str, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, broken = MUTANTS[name]
    broken(monkeypatch)
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        await claim(house)
