"""Whom the web asks who somebody is: what the features of agents and accounts can do for it, handed in by the entry."""

from __future__ import annotations

from typing import Protocol

from chat.core.model import Account, Actor, Agent
from chat.infra.services import Services


class Agents(Protocol):
    """Who is signed in; `chat.team.actions.agents`."""

    async def by_token(self, services: Services, token: str) -> Actor:
        """Return for whom an API token acts; Unauthorized where for nobody."""

    async def by_session(self, services: Services, cookie: str, *, due: bool = False) -> Actor:
        """Return who is signed in with a cookie; Unauthorized where nobody is, PasswordDue unless it is for those."""

    async def get_own(self, services: Services, actor: Actor) -> Agent:
        """Return the agent who acts."""


class Accounts(Protocol):
    """For which account; `chat.account.actions.accounts`."""

    async def account(self, services: Services, actor: Actor) -> Account:
        """Return the actor's account."""
