"""Pictures of agents: made of what they send, drawn anew, sealed under their own key, shown, taken away."""

from __future__ import annotations

import base64
import secrets

from msgspec import Struct

from chat.attachments.actions import looking
from chat.attachments.domain.looking import PORTRAIT
from chat.core import access
from chat.core.errors import NotFound, RateLimited, TooLarge, Unauthorized
from chat.core.model import Actor
from chat.core.turns import Sender
from chat.infra.audit import audit
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.portraits import store
from chat.team import store as team

ID_BYTES, BYTES_MOST = 16, 96 * 1024
AN_HOUR = 20


class OwnPortrait(Struct, frozen=True):
    """The id of one's own picture, which is at `/portraits/{portrait}` for whoever has it."""

    portrait: str


async def admit(services: Services, actor: Actor) -> None:
    """Spend the allowance for a picture before any of it is read. Raises RateLimited."""
    access.require(actor, "profile.own")
    wait = await services.bus.allow(f"portrait:{actor.agent_id}", AN_HOUR, 3600.0, 1)
    if wait:
        raise RateLimited("Too many pictures; wait a little", retry_after=wait)


async def put(services: Services, actor: Actor, data: bytes) -> OwnPortrait:
    """
    Make an image the actor's picture. Raises InvalidField for what is no PNG, JPEG or WebP, is damaged or too large;
    Unavailable where it may be sent again.
    """
    access.require(actor, "profile.own")
    drawn = (await looking.look(services, Sender(actor.account_id, actor.agent_id), data, PORTRAIT)).small
    if len(drawn) > BYTES_MOST:
        raise TooLarge("This picture takes too much space; take another one")
    shown_as, image = secrets.token_urlsafe(ID_BYTES), base64.b64encode(drawn).decode()

    def work(tx: Tx) -> None:
        # Locked: of two that are sent at once the last one is whole.
        row = team.active(tx, actor.agent_id, lock=True)
        if row is None:
            raise Unauthorized("Sign in again")
        store.put(tx, row.id, shown_as, services.seal(row.key_slot, row.id, f"portrait/{shown_as}", image))
        _enter(services, tx, actor, shown_as)

    await services.store.write(work)
    return OwnPortrait(shown_as)


async def remove(services: Services, actor: Actor) -> None:
    """Take the actor's picture away. That there is none is no mistake."""
    access.require(actor, "profile.own")

    def work(tx: Tx) -> None:
        if team.active(tx, actor.agent_id, lock=True) is not None and store.drop(tx, actor.agent_id):
            _enter(services, tx, actor, "")

    await services.store.write(work)


async def shown(services: Services, asked: str) -> bytes:
    """Return the picture (WebP) that has an id. Raises NotFound, also where its agent was signed out or is deleted."""
    found = await services.store.read(lambda tx: store.find(tx, asked))
    if found is not None:
        row, sealed = found
        image = services.unseal(row.key_slot, row.id, f"portrait/{asked}", sealed)
        if image is not None:
            return base64.b64decode(image)
    raise NotFound("No such picture")


def _enter(services: Services, tx: Tx, actor: Actor, shown_as: str) -> None:
    audit.record(services, tx, actor.account_id, actor.agent_id, "profile.changed", actor.agent_id)
    # What stood before must not come back with a backup.
    services.ledger.enter(services.clock(), "portrait", {"agent": actor.agent_id, "portrait": shown_as})


async def remove_again(services: Services, what: Entered) -> None:
    """Take away a picture that is another by now, or none. The new one is lost."""

    def work(tx: Tx) -> None:
        if store.shown_as(tx, what["agent"]) != what["portrait"]:
            store.drop(tx, what["agent"])

    await services.store.write(work)
