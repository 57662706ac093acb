"""
The secrets with which a site's server proves who is signed in. None is kept: each is made anew, whenever it is asked
for, of its row's id and the server's secret, so a stolen database holds nothing to prove with.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from chat.account import store as accounts
from chat.core import access
from chat.core.clock import HOUR, stamp
from chat.core.errors import NotFound
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.customers import store
from chat.customers.domain import Way
from chat.customers.store import SecretRow
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx

KEEP, LONGEST_KEEP = 24, 168
"""Hours for which the secret before is good beside a new one: usually, and at most."""
OF = "a secret for signed-in customers"
"""What is hashed with a row's id. No table has such a name, so no row's MAC is ever a secret."""


class SecretView(Struct, frozen=True, kw_only=True):
    """A secret of a site: the `way` it is for, since when and, where another has come, until when it is good."""

    id: str
    way: Way
    made_at: str
    until: str | None


class MadeSecret(SecretView, frozen=True, kw_only=True):
    """A secret that was made just now. It is shown this once."""

    secret: str


class WantedSecret(Struct, frozen=True, forbid_unknown_fields=True):
    """A secret to make, for one `way`; the one before is good for so many hours more. With an `id` it is made once."""

    way: Way = "jwt"
    keep_hours: Annotated[int, Meta(ge=0, le=LONGEST_KEEP)] = KEEP
    id: Annotated[str, Meta(pattern="^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")] | None = None


async def secrets(services: Services, actor: Actor, site_id: str) -> list[SecretView]:
    """Return the secrets of a site of the actor's account that are in force, newest first. Raises NotFound."""
    access.require(actor, "customer.secret")

    def work(tx: Tx) -> list[SecretRow]:
        _require_site(tx, actor, site_id)
        return store.secrets(tx, site_id, services.clock())

    return [_view(each) for each in await services.store.read(work)]


async def make(services: Services, actor: Actor, site_id: str, wanted: WantedSecret) -> SecretView:
    """
    Make a secret for a site of the actor's account, and return it with what it is. Asked for again under the same id,
    it is returned without. Raises NotFound.
    """
    access.require(actor, "customer.secret")
    now = services.clock()
    made = {"id": wanted.id or uuid7(), "site_id": site_id, "way": wanted.way, "made_at": now}
    until = now + wanted.keep_hours * HOUR

    def work(tx: Tx) -> tuple[SecretRow, bool]:
        _require_site(tx, actor, site_id)
        store.drop_old(tx, site_id, now)
        new = store.add_secret(tx, made, until)
        found = [each for each in store.secrets(tx, site_id, now) if each.id == made["id"]]
        if not found:
            raise NotFound("There is no such secret of this site any more; make one with another id")
        if new:
            audit.record(services, tx, actor.account_id, actor.agent_id, "customer_secret.made", str(made["id"]))
            services.ledger.enter(now, "customer_secret", made | {"ends": until})
        return found[0], new

    row, new = await services.store.write(work)
    return _made(services, row) if new else _view(row)


async def end(services: Services, actor: Actor, site_id: str, secret_id: str) -> None:
    """Let a secret prove nothing any more, at once and for good. Raises NotFound."""
    access.require(actor, "customer.secret")
    now = services.clock()

    def work(tx: Tx) -> None:
        _require_site(tx, actor, site_id)
        store.end_secret(tx, site_id, secret_id, now)
        audit.record(services, tx, actor.account_id, actor.agent_id, "customer_secret.ended", secret_id)
        services.ledger.enter(now, "end_customer_secret", {"site_id": site_id, "id": secret_id})

    await services.store.write(work)


def secret_of(services: Services, row: SecretRow) -> str:
    """Return the secret that a row stands for: 64 hex digits, which sign as they are written."""
    return services.macs.over(OF, [row.site_id, row.id])


def _require_site(tx: Tx, actor: Actor, site_id: str) -> None:
    if site_id not in {each.id for each in accounts.sites(tx, actor.account_id)}:
        raise NotFound("No such site")


def _view(row: SecretRow) -> SecretView:
    until = None if row.until is None else stamp(row.until)
    return SecretView(id=row.id, way=row.way, made_at=stamp(row.made_at), until=until)


def _made(services: Services, row: SecretRow) -> MadeSecret:
    shown = _view(row)
    return MadeSecret(
        id=shown.id, way=shown.way, made_at=shown.made_at, until=shown.until, secret=secret_of(services, row)
    )
