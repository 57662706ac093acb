"""What this feature says of itself."""

from __future__ import annotations

from chat.letters import actions, schema
from chat.web.feature import Feature, Sweep

feature = Feature(
    "letters",
    tables=(
        schema.outbox,
        schema.disclosure,
    ),
    sweeps=(Sweep("letters", actions.sweep, 15.0),),
    audited=("transcript.mailed",),
)
