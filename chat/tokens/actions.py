"""
API tokens: making, showing, renaming and revoking them.

A token is shown once, when it is made. It may never more than its agent, and one that was made with a token never more
than that one: not in scopes, not in networks, not in time. The ledger knows of each that was revoked, so that no
restore brings one back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import Struct

from chat.core import access, networks, scopes, texts
from chat.core.clock import DAY, stamp
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, NotFound, NotNow
from chat.core.events import CredentialsRevoked
from chat.core.ids import secret, uuid7, uuid_bytes, uuid_text
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tokens import store
from chat.tokens.store import TokenRow

DAYS, DAYS_MOST, WARN_DAYS = 365, 730, 30
NAME, EACH = 100, 100
"""So long may a name be, and so many tokens may an agent have."""


@dataclass(frozen=True, slots=True)
class WantedToken:
    """A token to make: for so many `days`, from any network where none is named, under an id that the client made."""

    name: str
    scopes: list[str]
    days: int = DAYS
    networks: list[str] | tuple[()] = ()
    id: str | None = None


class TokenView(Struct, frozen=True, kw_only=True):
    """
    A token as it is shown, without its secret. Times are RFC 3339: `expires_at` is null where it does not, `used_at`
    where it was not used, and else to ten minutes. `state` is `live`, `ending` in its last thirty days, or `expired`.
    """

    id: str
    name: str
    agent_id: str
    scopes: list[str]
    networks: list[str]
    state: str
    created_at: str
    expires_at: str | None
    used_at: str | None


class MadeToken(TokenView, frozen=True, kw_only=True):
    """A token that was made just now, with its secret, which is shown this once and kept nowhere."""

    token: str


async def tokens(services: Services, actor: Actor) -> list[TokenView]:
    """Return the actor's tokens, or all of the account for who oversees them, newest first."""
    access.require(actor, "token.read")
    whose = None if access.can(actor, "token.oversee") else actor.agent_id
    found = await services.store.read(lambda tx: store.list_of(tx, actor.account_id, whose))
    return [_view(services, row) for row in found]


async def one(services: Services, actor: Actor, token_id: str) -> TokenView:
    """Return a token of the actor's, or of the account for who oversees them. Raises NotFound."""
    access.require(actor, "token.read")
    return _view(services, await services.store.read(lambda tx: _seen(tx, actor, token_id)))


async def make(services: Services, actor: Actor, wanted: WantedToken, who: str = "") -> TokenView:
    """
    Make a token for the actor, and return it with its secret. `who` enters it in the audit log, else the agent. Asked
    for again under the same id, it is returned without. Raises InvalidField, Forbidden, NotNow.
    """
    access.require(actor, "token.make")
    made = secret("lethe_")
    row = _row(services, actor, wanted) | {"secret_hash": digest(made)}
    _require_no_more(actor, row)

    def work(tx: Tx) -> tuple[TokenRow, bool]:
        # Looked for first: who asks again for their hundredth has it.
        known = {each.id for each in store.list_of(tx, actor.account_id, actor.agent_id)}
        if row["id"] not in known and len(known) >= EACH:
            raise NotNow(f"An agent has at most {EACH} API tokens; revoke one that is not needed")
        new = store.add(tx, row)
        found = _taken(tx, actor, row["id"])
        if new:
            audit.record(services, tx, actor.account_id, who or actor.agent_id, "token.made", row["id"])
        return found, new

    found, new = await services.store.write(work)
    return _view(services, found, made if new else None)


async def rename(services: Services, actor: Actor, token_id: str, name: str) -> TokenView:
    """Give a token of the actor's another name. Raises InvalidField, NotFound."""
    access.require(actor, "token.make")
    checked = _name(name)

    def work(tx: Tx) -> TokenRow:
        row = store.one(tx, actor.account_id, token_id, lock=True)
        if row.agent_id != actor.agent_id:
            raise NotFound("No such API token")
        store.rename(tx, actor.account_id, token_id, checked)
        changed = store.one(tx, actor.account_id, token_id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "token.changed", token_id)
        return changed

    return _view(services, await services.store.write(work))


async def revoke(services: Services, actor: Actor, token_id: str, who: str = "") -> None:
    """Revoke a token of the actor's, or of the account for who oversees them. Its sockets end. Raises NotFound."""
    access.require(actor, "token.make")

    def work(tx: Tx) -> str:
        row = _seen(tx, actor, token_id, lock=True)
        store.revoke(tx, token_id, services.clock())
        audit.record(services, tx, actor.account_id, who or actor.agent_id, "token.revoked", token_id)
        services.ledger.enter(services.clock(), "revoke", {"token": token_id})
        return str(row.agent_id)

    agent_id = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, agent_id))


def offered(actor: Actor) -> list[str]:
    """Return the scopes that are of use to the actor: those of what they may do."""
    return [
        each
        for each in scopes.KNOWN
        if each != scopes.ALL
        and scopes.has(actor.scopes, each)
        and any(each in needed.split() for name, needed in scopes.NEEDED.items() if name in actor.permissions)
    ]


def _row(services: Services, actor: Actor, wanted: WantedToken) -> dict[str, Any]:
    """Return a token as it is stored, but for its secret. Raises InvalidField."""
    if not 1 <= wanted.days <= DAYS_MOST:
        raise InvalidField(f"Give from 1 to {DAYS_MOST} days", field="days")
    now = services.clock()
    return {
        "id": uuid_text(uuid_bytes(wanted.id)) if wanted.id else uuid7(),
        "account_id": actor.account_id,
        "agent_id": actor.agent_id,
        "name": _name(wanted.name),
        "scopes": " ".join(scopes.checked(wanted.scopes)),
        "networks": networks.listed(wanted.networks, "networks"),
        "created_at": now,
        "expires_at": _end(actor, now + wanted.days * DAY),
    }


def _end(actor: Actor, wanted: int) -> int:
    """Return when a token ends (ms): as is wanted, but at the latest with the one with which it is made."""
    return wanted if not actor.token_id or actor.until is None else min(wanted, actor.until)


def _require_no_more(actor: Actor, row: dict[str, Any]) -> None:
    """Raise Forbidden where a token would may more than the one with which it is made, so that none grows by itself."""
    if not actor.token_id:
        return
    if lacks := [each for each in row["scopes"].split() if not scopes.has(actor.scopes, each)]:
        raise Forbidden(f"This API token lacks the scope {' and '.join(lacks)}, and gives none away", scopes=lacks)
    if not all(networks.covers(each, row["networks"]) for each in actor.networks[1:]):  # the account's holds for both
        raise Forbidden("This API token makes none for networks from which it is itself not good")


def _seen(tx: Tx, actor: Actor, token_id: str, *, lock: bool = False) -> TokenRow:
    row = store.one(tx, actor.account_id, token_id, lock=lock)
    if row.agent_id != actor.agent_id and not access.can(actor, "token.oversee"):
        raise NotFound("No such API token")
    return row


def _taken(tx: Tx, actor: Actor, token_id: str) -> TokenRow:
    """Return the actor's token with an id. Raises InvalidField where that is another's, or was revoked."""
    try:
        row = store.one(tx, actor.account_id, token_id)
    except NotFound:
        row = None
    if row is None or row.agent_id != actor.agent_id:
        raise InvalidField("This id is taken; make another", field="id")
    return row


def _name(value: str) -> str:
    name = texts.line(value)
    if not 0 < len(name) <= NAME:
        raise InvalidField(f"Give 1 to {NAME} characters", field="name")
    return name


def _view(services: Services, row: TokenRow, made: str | None = None) -> TokenView:
    ends = row.expires_at
    said: dict[str, Any] = {
        "id": row.id,
        "name": row.name,
        "agent_id": row.agent_id,
        "scopes": row.scopes.split(),
        "networks": row.networks.split(),
        "state": _state(ends, services.clock()),
        "created_at": stamp(row.created_at),
        "expires_at": None if ends is None else stamp(ends),
        "used_at": None if row.used_at is None else stamp(row.used_at),
    }
    return TokenView(**said) if made is None else MadeToken(**said, token=made)


def _state(ends: int | None, now: int) -> str:
    if ends is None or ends > now + WARN_DAYS * DAY:
        return "live"
    return "ending" if ends > now else "expired"


async def revoke_again(services: Services, what: Entered) -> None:
    """Revoke a token again."""
    await services.store.write(lambda tx: store.revoke(tx, what["token"], services.clock()))
