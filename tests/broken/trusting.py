"""`lethe` whose agents' sockets believe for ever what they were shown at the start."""

import sys

from chat.__main__ import main
from chat.core.model import Actor
from chat.infra.services import Services
from chat.team.actions import sessions


async def still(services: Services, actor: Actor) -> Actor:  # noqa: ARG001 - the real one asks it
    """Look at nothing."""
    return actor


sessions.require_still = still
if __name__ == "__main__":
    sys.exit(main())
