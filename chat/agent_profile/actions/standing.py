"""Whether those who are here still stand as they did, asked for all of them at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from chat.agent_profile import store
from chat.core.model import Actor
from chat.infra.services import Services

Mark = tuple[object, ...]


def key_of(actor: Actor) -> str:
    """Return what an actor came with: the id of a session or token."""
    return actor.session_id or actor.token_id


async def marks(services: Services, actors: Collection[Actor]) -> Mapping[str, Mark]:
    """
    Return by what the actors came with all that it rests on, nothing for what is there no more. Who held by one mark
    and finds another asks `require_still`.
    """
    sessions = {each.session_id for each in actors if each.session_id}
    tokens = {each.token_id for each in actors if not each.session_id}
    return await services.store.read(lambda tx: store.marks(tx, sessions, tokens))
