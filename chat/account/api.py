"""The account and its sites over REST."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec
from msgspec import Struct

from chat.account.actions import accounts, quotas, sites
from chat.account.actions.sites import SiteChange
from chat.core.account_settings import Setting
from chat.core.model import Actor, Site
from chat.infra.services import Services
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import Listed
from chat.web.requests import client_id


@cache
def change_of(settings: tuple[Setting[Any], ...]) -> type[Struct]:
    """Return the body that changes an account: each setting may be left out."""
    kinds: list[tuple[str, type]] = [("name", str), *((each.name, each.kind) for each in settings)]
    fields = [(name, kind | msgspec.UnsetType, msgspec.UNSET) for name, kind in kinds]
    doc = {"__doc__": "What of an account is to be changed."}
    return msgspec.defstruct(
        "AccountChange", fields, namespace=doc, module=__name__, frozen=True, forbid_unknown_fields=True
    )


@endpoint("GET /sites", permission="site.read", audited=())
async def list_sites(ask: Ask[None]) -> Listed[Site]:
    """Return the account's sites."""
    return Listed(await accounts.sites(ask.services, ask.actor))


class NewSite(SiteChange, frozen=True, forbid_unknown_fields=True):
    """A site to make: `name` and `origins` at least. `id` is a UUID that the client makes."""

    id: str = ""


@endpoint("POST /sites", permission="site.change", audited={"site.made"}, status=(201, 200))
async def post_site(ask: Ask[NewSite]) -> Tagged[Site]:
    """Make one. Sent again with its `id`, nothing is made: the answer is 200 and the site as it is."""
    given = {name: getattr(ask.body, name) for name in SiteChange.__struct_fields__}
    named = client_id(ask.body.id)
    made, again = await sites.make_once(ask.services, ask.actor, SiteChange(**given), named)
    return tagged(made, status=200 if again else None)


@endpoint("GET /sites/{id}", permission="site.read", audited=())
async def get_site(ask: Ask[None]) -> Tagged[Site]:
    """Return one."""
    return tagged(await sites.one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /sites/{id}", permission="site.change", audited={"site.changed"})
async def change_site(ask: Ask[SiteChange]) -> Tagged[Site]:
    """Change what a site says of itself: each field as a whole. The key stays."""
    return tagged(await sites.change(ask.services, ask.actor, ask.path["id"], ask.body, ask.precondition))


@endpoint("DELETE /sites/{id}", permission="site.change", audited={"site.deleted"}, status=204, step_up=True)
async def delete_site(ask: Ask[None]) -> None:
    """Delete one: its key opens nothing any more. Its contacts and tickets stay. The last one is refused."""
    await sites.delete(ask.services, ask.actor, ask.path["id"], ask.precondition)


@endpoint("GET /account", permission="account.read", audited=())
async def get_account(ask: Ask[None]) -> Tagged[dict[str, object]]:
    """
    Return the account. `storage` says how many bytes of files and exports there are, and may be; the tag is of all
    else.
    """
    return await _account(ask.services, ask.actor)


@endpoint("PATCH /account", permission="account.change", audited={"account.changed"}, body=change_of)
async def change_account(ask: Ask[Struct]) -> Tagged[dict[str, object]]:
    """Change `name`, and the settings that features have."""
    values = msgspec.structs.asdict(ask.body)
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    await accounts.change_account(ask.services, ask.actor, ask.precondition, **given)
    return await _account(ask.services, ask.actor)


async def _account(services: Services, actor: Actor) -> Tagged[dict[str, object]]:
    known, storage = accounts.shown(await accounts.account(services, actor)), await quotas.storage(services, actor)
    return tagged({**known, "storage": storage}, known)
