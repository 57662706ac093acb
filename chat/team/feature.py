"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.team import api, schema
from chat.team.actions import sessions
from chat.team.pages import agents, password, session
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "team",
    Path(__file__).parent,
    tables=(
        schema.agent,
        schema.session,
        schema.token,
    ),
    endpoints=endpoints(api, session, password, agents),
    permissions={"agent.read": "agent", "agent.manage": "admin"},
    menu=(Menu("account", 3, "/admin/agents", "page.agents"),),
    sweeps=(Sweep("sessions", sessions.end_expired, 3600.0),),
    audited=(
        "agent.added",
        "agent.deactivated",
        "agent.password_changed",
        "agent.sign_in_failed",
        "agent.signed_in",
        "agent.signed_out",
        "token.made",
        "token.revoked",
    ),
)
