"""
Attempts at signing in: who guesses is stopped, whose account it is gets in.

Only failures count. They count for the network first: one that is stopped uses up nobody else's. Then for the address
as tried from that network, so that guessing from elsewhere locks nobody out. A device that its agent signed in with
before (it shows a signed cookie) is made to wait a moment where others are stopped.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chat.core.errors import RateLimited
from chat.core.networks import Network
from chat.infra.services import Services
from chat.team.store import AgentRow

ADDRESS, NETWORK, DEVICE, WINDOW = 10, 30, 20, 900.0
WIDE = 50
"""So many failures on one address from anywhere, and each attempt takes a moment longer."""
MOMENT = 2.0


@dataclass(frozen=True, slots=True)
class AttemptSource:
    """Where an attempt comes from. `device` is what the browser shows, and after `known` the device's id or ""."""

    network: Network
    device: str = ""


def known(services: Services, row: AgentRow | None, source: AttemptSource) -> AttemptSource:
    """Return the source with the id of its device, or with none where this row's agent never signed in on it."""
    whose, device = services.tokens.read_device(source.device, services.clock())
    mine = row is not None and row.id == whose
    return AttemptSource(source.network, device if mine else "")


async def begin(services: Services, email_hash: str, source: AttemptSource) -> None:
    """Count an attempt as failed until it succeeds. RateLimited where there were too many."""
    wait = await _first_refusal(services, email_hash, source)
    if wait and not source.device:
        raise RateLimited("Too many attempts; wait before the next", retry_after=wait)
    if wait:
        device_wait = await services.bus.allow(f"signin:device:{source.device}", DEVICE, WINDOW)
        if device_wait:
            raise RateLimited("Too many attempts; wait before the next", retry_after=device_wait)
    if await services.bus.allow(f"signin:any:{email_hash}", WIDE, WINDOW) or wait:
        await asyncio.sleep(MOMENT)


async def succeeded(services: Services, email_hash: str, source: AttemptSource) -> None:
    """Take back what an attempt was counted for."""
    await services.bus.give_back_from("signin", source.network, WINDOW)
    for key in (_address(email_hash, source), f"signin:any:{email_hash}", f"signin:device:{source.device}"):
        await services.bus.give_back(key, WINDOW)


async def _first_refusal(services: Services, email_hash: str, source: AttemptSource) -> float:
    wait = await services.bus.allow_from("signin", source.network, NETWORK, WINDOW)
    return wait or await services.bus.allow(_address(email_hash, source), ADDRESS, WINDOW)


def _address(email_hash: str, source: AttemptSource) -> str:
    return f"signin:{source.network.near}:{email_hash}"
