"""
The clock: runs each sweep when it is due. A sweep finds what is due and does it, and is safe to repeat and to kill.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from chat.attachments.actions import attachments
from chat.audit.actions import renewing, verdicts
from chat.backup.actions import backups
from chat.consent.actions import consent
from chat.core.errors import Unavailable
from chat.core.nudges import Told
from chat.erasure.actions import erasure, recipients
from chat.export.actions import building
from chat.infra.desk import Desk
from chat.letters import actions as letters
from chat.retention.actions import sweeping
from chat.rights import actions as links
from chat.spam_filter.actions import runs
from chat.team.actions import agents
from chat.tickets.actions import redaction

log = structlog.get_logger("chat.worker")
Sweep = Callable[[Desk], Awaitable[int]]

SWEEPS: dict[str, tuple[Sweep, float]] = {
    "retention": (sweeping.sweep, 60.0),
    "erasure": (erasure.sweep, 5.0),
    "exports": (building.sweep, 5.0),
    "letters": (letters.sweep, 15.0),
    "purges": (redaction.sweep, 60.0),
    "attachments": (attachments.sweep, 3600.0),
    "consents": (consent.expire, 3600.0),
    "links": (links.sweep, 600.0),
    "recipients": (recipients.sweep, 60.0),
    "training": (runs.sweep, 60.0),
    "scrub": (erasure.scrub, 120.0),
    "sessions": (agents.end_expired, 3600.0),
    "audit": (verdicts.sweep, 3600.0),
    "closed": (renewing.sweep, 3600.0),
    "backups": (backups.sweep, 3600.0),
}


async def once(desk: Desk) -> dict[str, int]:
    """Run every sweep now; return how much each did."""
    return {name: await sweep(desk) for name, (sweep, _) in SWEEPS.items()}


async def run(desk: Desk) -> None:
    """Run the sweeps, each when it is due, and at once when somebody says that something is."""
    # An event each: one that is at work when something falls due must not miss it because another was quicker.
    due = {name: asyncio.Event() for name in SWEEPS}

    def heard(told: Told) -> None:
        if told.nudge.kind not in {"forget", "taught", "filter"}:
            for each in due.values():
                each.set()

    desk.live.listen("server", heard, heard)
    try:
        await asyncio.gather(*(_forever(desk, name, event) for name, event in due.items()))
    finally:
        desk.live.leave("server", heard)


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
