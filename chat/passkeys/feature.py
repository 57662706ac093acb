"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.passkeys import actions, schema
from chat.web.feature import Feature

feature = Feature(
    "passkeys",
    Path(__file__).parent,
    tables=(schema.passkey, schema.answered),
    sweeps=(Sweep("answered_challenges", actions.sweep, 3600.0),),
)
