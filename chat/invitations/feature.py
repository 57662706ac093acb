"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.invitations import api, pages, schema
from chat.invitations.actions import inviting
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "invitations",
    Path(__file__).parent,
    tables=(schema.invitation, schema.invitation_letter),
    endpoints=endpoints(api, pages),
    menu=(Menu("account", 3, "/admin/agents", "page.agents"),),
    sweeps=(Sweep("invitation_letters", inviting.sweep, 15.0), Sweep("invitations", inviting.sweep_over, 600.0)),
    audited=(
        "invitation.accepted",
        "invitation.made",
        "invitation.refused",
        "invitation.sent_again",
        "invitation.taken_back",
    ),
)
