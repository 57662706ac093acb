"""Passwords and API tokens that are taken away. The ledger knows of each, so that no restore brings an old one back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from chat.actions.audit import audit
from chat.actions.desk import Desk
from chat.actions.team import agents
from chat.addresses import address
from chat.errors import NotFound
from chat.nudges import Nudge, Told
from chat.store.team import agents as store


@dataclass(frozen=True, slots=True)
class Renewed:
    """An agent's new password, which is kept nowhere, and how many sessions and tokens ended with the old one."""

    agent_id: str
    password: str
    sessions: int
    tokens: int


async def renew(desk: Desk, email: str, password: str | None, *, with_tokens: bool) -> Renewed:
    """
    Give an agent another password, generated unless given, and end their sessions; `with_tokens` their API tokens too.
    For the server's operator. Raises InvalidField, and NotFound where no active agent has the address.
    """
    agents.fitting(password)
    chosen = password or secrets.token_urlsafe(12)
    hashed = await agents.hashed(chosen)
    email_hash = desk.email_hash("agents", email)

    def work(tx: Any) -> tuple[str, str, int, list[str]]:
        row = store.by_email(tx, email_hash)
        if row is None or row.deactivated_at is not None:
            address(email)
            raise NotFound("No active agent has this address")
        store.rehash(tx, row.id, hashed)
        ended = store.end_sessions(tx, row.id)
        tokens = store.live_tokens(tx, row.id) if with_tokens else []
        for each in tokens:
            store.revoke(tx, each, desk.clock())
            audit.enter(desk, tx, row.account_id, "command", "token.revoked", each)
        audit.enter(desk, tx, row.account_id, "command", "agent.password_changed", row.id)
        for each in tokens:
            desk.ledger.enter(desk.clock(), "revoke", {"token": each})
        desk.ledger.enter(desk.clock(), "password", {"agent": row.id})
        return row.account_id, row.id, ended, tokens

    account_id, agent_id, ended, tokens = await desk.store.write(work)
    desk.live.publish(Told(Nudge("signout", account=account_id, agent=agent_id)))
    return Renewed(agent_id, chosen, ended, len(tokens))


async def lock(desk: Desk, agent_id: str) -> None:
    """Let no password open an agent's account until they are given another: the one in force is not known here."""
    hashed = await agents.hashed(secrets.token_urlsafe(32))
    await desk.store.write(lambda tx: store.rehash(tx, agent_id, hashed))
