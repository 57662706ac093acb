"""
The clock: runs each sweep when it is due. A sweep finds what is due and does it, and is safe to repeat and to kill.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from chat.actions.desk import Desk
from chat.actions.filter import training
from chat.actions.privacy import consent, erasure
from chat.actions.talk import attachments, letters, redaction
from chat.actions.team import agents
from chat.errors import Unavailable

log = structlog.get_logger("chat.worker")
Sweep = Callable[[Desk], Awaitable[int]]

SWEEPS: dict[str, tuple[Sweep, float]] = {
    "erasure": (erasure.sweep, 5.0),
    "letters": (letters.sweep, 15.0),
    "purges": (redaction.sweep, 60.0),
    "attachments": (attachments.sweep, 3600.0),
    "consents": (consent.expire, 3600.0),
    "training": (training.sweep, 60.0),
    "scrub": (erasure.scrub, 3600.0),
    "sessions": (agents.end_expired, 3600.0),
}


async def once(desk: Desk) -> dict[str, int]:
    """Run every sweep now; return how much each did."""
    return {name: await sweep(desk) for name, (sweep, _) in SWEEPS.items()}


async def run(desk: Desk) -> None:
    """Run the sweeps, each when it is due, and at once when somebody says that something is."""
    due = asyncio.Event()
    desk.live.listen("server", due, lambda told: None if told.nudge.kind in {"forget", "taught"} else due.set())
    try:
        await asyncio.gather(*(_forever(desk, name, due) for name in SWEEPS))
    finally:
        desk.live.leave("server", due)


async def _forever(desk: Desk, name: str, due: asyncio.Event) -> None:
    sweep, pause = SWEEPS[name]
    while True:
        try:
            done = await sweep(desk)
            if done:
                log.info("swept", sweep=name, done=done)
        except Unavailable:
            log.warning("sweep put off", sweep=name)
        except Exception:  # the outermost loop: one failure must not end the sweep for good
            log.exception("sweep failed", sweep=name)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(due.wait(), pause)
        due.clear()
