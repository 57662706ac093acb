"""An agent's own devices: called on from now on, or no more, and what a device that was woken is to say."""

from __future__ import annotations

from msgspec import Struct

from chat.core import access
from chat.core.crypt import blind
from chat.core.errors import InvalidField, Unauthorized
from chat.core.ids import uuid7
from chat.core.model import LOCALES, Actor
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.push import domain, store
from chat.push.actions import calling
from chat.team import store as agents


class PushCall(Struct, frozen=True):
    """A ticket that an agent is called for: `why`, and in the device's language what to say. It names nobody."""

    ticket: int
    why: str
    says: str


class PushView(Struct, frozen=True):
    """
    The server's public key (RFC 8292), whether the session that asks is of a device that is called on, on how many the
    agent is, and what the device is called for.
    """

    key: str
    here: bool
    devices: int
    calls: list[PushCall]


async def get_own(services: Services, actor: Actor) -> PushView:
    """Return how the actor is called on devices, and for what."""
    access.require(actor, "session.own")

    def work(tx: Tx) -> PushView:
        rows = store.of_agent(tx, actor.agent_id)
        here = [each for each in rows if each.session_id == actor.session_id]
        calls = [call for each in here for call in _calls(services, tx, actor, each)]
        return PushView(domain.public_of(domain.key_of(services.index_key)), bool(here), len(rows), calls)

    return await services.store.read(work)


def _calls(services: Services, tx: Tx, actor: Actor, device: store.SubscriptionRow) -> list[PushCall]:
    t, found = services.gathered.locales.words(device.locale), list[PushCall]()
    for each in store.calls_for(tx, actor.agent_id, max(device.since, device.heard_at + 1)):
        ticket = store.ticket_by_id(tx, each.ticket_id)
        for why in calling.concerned(services, tx, each, [actor.agent_id]).values():
            number = 0 if ticket is None else ticket.number
            found.append(PushCall(number, why, t(f"inbox.call.{why}", number=number)))
    return found


async def subscribe(services: Services, actor: Actor, endpoint: str, locale: str) -> None:
    """
    Call the actor on the device of their session. The `endpoint` is where its push service is asked to wake it. Raises
    AddressRefused, and InvalidField also for a program, which has no device.
    """
    access.require(actor, "session.own")
    if not actor.session_id:
        raise InvalidField("A program has no device: ask in the session of one", field="endpoint")
    if len(endpoint) > domain.LONGEST:
        raise InvalidField(f"Give a URL of at most {domain.LONGEST} characters", field="endpoint")
    if locale not in LOCALES:
        raise InvalidField(f"A language is one of {', '.join(LOCALES)}", field="locale")
    url, made_id, now = (await services.outbound.check(endpoint)).url, uuid7(), services.clock()

    def work(tx: Tx) -> None:
        row = agents.active(tx, actor.agent_id)
        if row is None or agents.session_by_id(tx, actor.session_id, now) is None:
            raise Unauthorized("Sign in again")
        made = {
            "id": made_id,
            "agent_id": row.id,
            "session_id": actor.session_id,
            "endpoint": services.seal(row.key_slot, row.id, f"push/{made_id}", url),
            "endpoint_hash": blind(services.index_key, "push", url),
            "locale": locale,
            "created_at": now,
            "tries": 0,
            "since": now,
            "heard_at": now,
        }
        store.put(tx, made, domain.DEVICES)

    await services.store.write(work)


async def end(services: Services, actor: Actor) -> None:
    """Call the actor no more on the device of their session."""
    access.require(actor, "session.own")
    await services.store.write(lambda tx: store.end(tx, actor.session_id))


async def hear(services: Services, actor: Actor) -> None:
    """Note that the actor knows all there is: a window of the inbox is in focus and has called them."""
    access.require(actor, "session.own")
    await services.store.write(lambda tx: store.hear(tx, actor.agent_id, services.clock()))
