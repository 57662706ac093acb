"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.letters import actions, schema
from chat.web.feature import Feature

feature = Feature(
    "letters",
    Path(__file__).parent,
    tables=(
        schema.outbox,
        schema.disclosure,
    ),
    sweeps=(Sweep("letters", actions.sweep, 15.0),),
    audited=("transcript.mailed",),
)
