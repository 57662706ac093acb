"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.agent_mail import actions, schema
from chat.infra.gathered import Sweep
from chat.web.feature import Feature

feature = Feature(
    "agent_mail",
    Path(__file__).parent,
    tables=(schema.agent_letter,),
    sweeps=(Sweep("agent_mail", actions.sweep, 15.0),),
)
