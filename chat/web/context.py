"""What all code of the web works with, made when the server starts, and how a request finds it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from starlette.requests import HTTPConnection

from chat.core.model import Account, Actor, Agent
from chat.infra.services import Services
from chat.web.crowd import Crowd
from chat.web.menu import Menu
from chat.web.ready import Ready
from chat.web.refused import RefusedOrigins
from chat.web.room import Room

if TYPE_CHECKING:
    from chat.infra.metrics import Metrics


class Agents(Protocol):
    """Who is signed in; `chat.team.actions.sessions`."""

    async def by_token(self, services: Services, token: str) -> Actor:
        """Return for whom an API token acts. Raises Unauthorized where for nobody."""

    async def by_session(self, services: Services, cookie: str, *, due: bool = False) -> Actor:
        """
        Return who is signed in with a cookie. Raises Unauthorized where nobody is, PasswordDue unless it is for those.
        """

    async def require_still(self, services: Services, actor: Actor) -> Actor:
        """Return who acts, as they are now. Raises Unauthorized where their session or token has ended."""

    async def names(self, services: Services, account_id: str) -> dict[str, str]:
        """Return the name of each agent of an account by id."""

    async def get_own(self, services: Services, actor: Actor) -> Agent:
        """Return the agent who acts."""


class Accounts(Protocol):
    """For which account; `chat.account.actions.accounts`."""

    async def account(self, services: Services, actor: Actor) -> Account:
        """Return the actor's account."""


class StepUp(Protocol):
    """Whether it was lately shown who somebody is; `chat.factors.actions.step_up`."""

    async def require_fresh(self, services: Services, actor: Actor) -> None:
        """Raise StepUpRequired where the actor's session did not show so lately; tokens need not."""


# 128 MB of a process in all. Apart, so that however much visitors send, an agent's file still finds room.
UPLOADS = {"visitor": 96 * 2**20, "agent": 32 * 2**20}


@dataclass
class WebContext:
    """
    Everything that HTTP and sockets work with.

    `people`, `accounts` and `factors` say who somebody is. `agents` are the sockets of agents that are open. `uploads`
    is the memory that these may take, by author. `document` makes the OpenAPI document, once.
    """

    services: Services
    metrics: Metrics
    people: Agents
    accounts: Accounts
    factors: StepUp
    menu: Mapping[str, Sequence[Menu]]
    document: Callable[[], Mapping[str, Any]]
    agents: set[Any] = field(default_factory=set)
    ready: Ready = field(default_factory=Ready)
    crowd: Crowd = field(default_factory=Crowd)
    refused: RefusedOrigins = field(default_factory=RefusedOrigins)
    uploads: dict[str, Room] = field(default_factory=lambda: {who: Room(most) for who, most in UPLOADS.items()})

    @property
    def visitors_here(self) -> int:
        """How many visitors are at the other end of a socket. The sockets' own context counts them."""
        return 0


def context_of(connection: HTTPConnection) -> WebContext:
    """Return the context of the server that was asked."""
    context: WebContext = connection.state.context
    return context
