"""Several sites of one account: making them, changing or deleting one as whoever does it saw it."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import asdict

from chat.account import store
from chat.account.actions.accounts import COLOR, checked
from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.events import SiteChanged
from chat.core.ids import secret, uuid7
from chat.core.model import Actor, CustomField, Site
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx

MOST = 100
"""So many sites an account has at most."""
USUAL: dict[str, Any] = {
    "color": COLOR,
    "fields": {},
    "alternative": "",
    "custom_fields": [],
    "privacy_note": "",
    "position": "end",
}
"""What a new site has where nothing else is said."""


class SiteChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a site is to be changed: each as a whole."""

    name: str | UnsetType = UNSET
    origins: list[str] | UnsetType = UNSET
    color: str | UnsetType = UNSET
    fields: dict[str, str] | UnsetType = UNSET
    alternative: str | UnsetType = UNSET
    custom_fields: list[CustomField] | UnsetType = UNSET
    privacy_note: str | UnsetType = UNSET
    position: str | UnsetType = UNSET


async def listed(services: Services, actor: Actor) -> list[tuple[Site, str]]:
    """Return the account's sites, oldest first, each with when it was made (RFC 3339)."""
    access.require(actor, "site.read")

    def work(tx: Tx) -> list[tuple[Site, str]]:
        made = store.sites_made_at(tx, actor.account_id)
        return [(each, stamp(made[each.id])) for each in store.sites(tx, actor.account_id)]

    return await services.store.read(work)


async def one(services: Services, actor: Actor, site_id: str) -> Site:
    """Return a site of the account. Raises NotFound where it has none such."""
    access.require(actor, "site.read")
    return await services.store.read(lambda tx: store.site_of_account(tx, actor.account_id, site_id))


async def make(services: Services, actor: Actor, wanted: SiteChange) -> Site:
    """Make a site with a key of its own. Raises InvalidField, and NotNow where there are as many as may be."""
    return (await make_once(services, actor, wanted))[0]


async def make_once(services: Services, actor: Actor, wanted: SiteChange, made_id: str = "") -> tuple[Site, bool]:
    """
    Make a site once by its id, and return it, and whether it was there. Raises what `make` does, and NotFound where the
    id is another account's or of a site that was deleted.
    """
    access.require(actor, "site.change")
    for name in ("name", "origins"):
        if getattr(wanted, name) is UNSET:
            raise InvalidField(f"Give the {name} of the site", field=name)
    columns = USUAL | checked(_given(wanted))
    named = {"id": made_id or uuid7(), "account_id": actor.account_id, "key": secret("site_")[:24]}

    def work(tx: Tx) -> tuple[Site, bool]:
        if store.lock_site(tx, named["id"]):
            try:
                return store.site_of_account(tx, actor.account_id, named["id"]), True
            except NotFound:
                raise NotFound("There is no such site any more; make one with another id") from None
        if len(store.sites(tx, actor.account_id)) >= MOST:
            raise NotNow(f"An account has at most {MOST} sites")
        store.add_site(tx, columns | named | {"created_at": services.clock()})
        audit.record(services, tx, actor.account_id, actor.agent_id, "site.made", named["id"])
        return store.site_of_account(tx, actor.account_id, named["id"]), False

    return await services.store.write(work)


async def change(
    services: Services, actor: Actor, site_id: str, wanted: SiteChange, expected: Precondition = ANY
) -> Site:
    """Change a site of the account. Raises InvalidField, NotFound, and ChangedMeanwhile."""
    access.require(actor, "site.change")
    if wanted == SiteChange():
        raise InvalidField("Give something to change", field="name")
    columns = checked(_given(wanted))

    def work(tx: Tx) -> Site:
        store.lock_sites(tx, actor.account_id)
        expected.require(store.site_of_account(tx, actor.account_id, site_id))
        store.change_site(tx, actor.account_id, site_id, columns)
        services.record(tx, SiteChanged(actor.account_id))
        audit.record(services, tx, actor.account_id, actor.agent_id, "site.changed", site_id)
        return store.site_of_account(tx, actor.account_id, site_id)

    changed = await services.store.write(work)
    services.bus.publish(SiteChanged(actor.account_id))
    return changed


async def delete(services: Services, actor: Actor, site_id: str, expected: Precondition = ANY) -> None:
    """
    Delete a site of the account: from this commit on its key opens nothing, and its customers' secrets prove nothing.
    Contacts and tickets of it stay. Raises NotFound, ChangedMeanwhile, and NotNow where it is the last.
    """
    access.require(actor, "site.change")
    now = services.clock()

    def work(tx: Tx) -> None:
        store.lock_sites(tx, actor.account_id)
        expected.require(store.site_of_account(tx, actor.account_id, site_id))
        if len(store.sites(tx, actor.account_id)) == 1:
            raise NotNow("This is the account's last site. Make another before you delete it")
        store.delete_site(tx, actor.account_id, site_id, now)
        services.record(tx, SiteChanged(actor.account_id))
        audit.record(services, tx, actor.account_id, actor.agent_id, "site.deleted", site_id)
        services.ledger.enter(now, "site", {"account": actor.account_id, "site": site_id})

    await services.store.write(work)
    services.bus.publish(SiteChanged(actor.account_id))


def _given(wanted: SiteChange) -> dict[str, Any]:
    return {name: value for name, value in asdict(wanted).items() if value is not UNSET}


async def delete_again(services: Services, what: Entered) -> None:
    """Delete a site again: nobody has its key on a page any more who should."""
    await services.store.write(lambda tx: store.delete_site(tx, what["account"], what["site"], services.clock()))
