"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import EVERYBODY, MANAGERS
from chat.infra.gathered import Sweep
from chat.team import schema
from chat.team.actions import credentials, lasting
from chat.team.pages import agents, password, session
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "team",
    Path(__file__).parent,
    tables=(
        schema.agent,
        schema.session,
    ),
    endpoints=endpoints(session, password, agents),
    permissions={"agent.read": EVERYBODY, "agent.manage": MANAGERS},
    sweeps=(Sweep("sessions", lasting.end_expired, 3600.0),),
    audited=(
        "agent.added",
        "agent.deactivated",
        "agent.password_changed",
        "agent.sign_in_failed",
        "agent.signed_in",
        "agent.signed_out",
    ),
    replays={"password": credentials.lock_again},
)
