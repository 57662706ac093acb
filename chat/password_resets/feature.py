"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.password_resets import pages, schema
from chat.password_resets.actions import asking
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "password_resets",
    Path(__file__).parent,
    tables=(schema.password_reset,),
    endpoints=endpoints(pages),
    sweeps=(Sweep("password_resets", asking.sweep, 600.0),),
    audited=("agent.reset_link_made",),
)
