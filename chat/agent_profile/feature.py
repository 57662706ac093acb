"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.agent_profile import api, pages, store
from chat.agent_profile.actions import limits, new_device, new_password
from chat.agent_profile.domain import SESSION_DAYS, SESSION_IDLE_MINUTES
from chat.core import access
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "agent_profile",
    Path(__file__).parent,
    endpoints=endpoints(api, pages),
    permissions={"profile.own": access.EVERYBODY, "session.own": access.EVERYBODY},
    account_settings=(SESSION_DAYS, SESSION_IDLE_MINUTES),
    menu=(Menu("security", 1, "/admin/sign-in", "page.sign_in"),),
    account_changed=(limits.follow_limits,),
    session_limits=store.limits,
    new_device=new_device.write_of,
    password_changed=new_password.write_of,
    audited=("profile.changed", "session.ended"),
)
