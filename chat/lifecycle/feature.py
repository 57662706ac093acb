"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.lifecycle import api, pages
from chat.lifecycle.actions import replaying
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "lifecycle",
    Path(__file__).parent,
    endpoints=endpoints(api, pages),
    audited=("agent.changed", "agent.deleted", "agent.reactivated", "agent.role_changed"),
    replays={
        "deactivate": replaying.deactivate,
        "reactivate": replaying.reactivate,
        "role": replaying.set_role,
        "departments": replaying.put_in_departments,
    },
)
