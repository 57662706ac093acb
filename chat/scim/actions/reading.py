"""Which users an identity provider sees: the agents of its account, but for those that it removed."""

from __future__ import annotations

from msgspec import Struct

from chat.core import access
from chat.core.clock import stamp
from chat.core.crypt import blind
from chat.core.errors import NotFound
from chat.core.model import Actor
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.scim import store
from chat.scim.domain.filters import UserFilter
from chat.scim.domain.users import UserState
from chat.scim.store import ProvisionedRow
from chat.team import store as team
from chat.team.actions.agents import agent_of
from chat.team.store import AgentRow


class UserPage(Struct, frozen=True):
    """Some users, from the `start`th (from 1) of those asked for, who are `total`."""

    total: int
    start: int
    users: list[UserState]


async def get(services: Services, actor: Actor, user_id: str) -> UserState:
    """Return a user. Raises Forbidden, NotFound."""
    access.require(actor, "scim.read")
    return await services.store.read(lambda tx: find(services, tx, actor.account_id, user_id))


async def page(services: Services, actor: Actor, wanted: UserFilter, start: int, count: int) -> UserPage:
    """Return up to `count` of the users asked for, oldest first. Raises Forbidden."""
    access.require(actor, "scim.read")

    def work(tx: Tx) -> UserPage:
        said = store.of_account(tx, actor.account_id)
        seen = [row for row in team.of_account(tx, actor.account_id) if not is_removed(row, said.get(row.id))]
        found = [row for row in seen if _fits(services, row, said.get(row.id), wanted)]
        shown = found[start - 1 : start - 1 + count]
        return UserPage(len(found), start, [state_of(services, row, said.get(row.id)) for row in shown])

    return await services.store.read(work)


def find(services: Services, tx: Tx, account_id: str, user_id: str) -> UserState:
    """Return a user of the account. Raises NotFound, also where the identity provider removed them."""
    row, said = team.one(tx, account_id, user_id), store.of_account(tx, account_id).get(user_id)
    if is_removed(row, said):
        raise NotFound("No such user")
    return state_of(services, row, said)


def is_removed(row: AgentRow, said: ProvisionedRow | None) -> bool:
    """Whether the identity provider removed an agent, and nobody let them in again since."""
    return said is not None and said.removed_at is not None and row.deactivated_at is not None


def state_of(services: Services, row: AgentRow, said: ProvisionedRow | None) -> UserState:
    """Return an agent as an identity provider sees them."""
    agent = agent_of(services, row)
    external = None if said is None else services.unseal(row.key_slot, row.id, "external_id", said.external_id)
    return UserState(agent.id, agent.email, agent.name, agent.active, agent.role, stamp(row.created_at), external)


def external_hash(services: Services, account_id: str, external_id: str) -> str:
    """Return what an identity provider's own id is found by."""
    return blind(services.index_key, f"external/{account_id}", external_id)


def _fits(services: Services, row: AgentRow, said: ProvisionedRow | None, wanted: UserFilter) -> bool:
    """Whether a user is one of those asked for. Found by hashes: nothing is opened for it."""
    match wanted.attribute:
        case "user_name":
            return bool(row.email_hash == services.email_hash("agents", str(wanted.value)))
        case "external_id":
            hashed = external_hash(services, row.account_id, str(wanted.value))
            return said is not None and said.external_hash == hashed
        case "id":
            return bool(row.id == wanted.value)
        case "active":
            return (row.deactivated_at is None) == wanted.value
        case _:
            return True
