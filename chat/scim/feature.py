"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import MANAGERS
from chat.scim import schema
from chat.scim.api import describing, users
from chat.scim.api.answers import BELOW, refused
from chat.web.endpoint import API, endpoints
from chat.web.feature import Feature

feature = Feature(
    "scim",
    Path(__file__).parent,
    tables=(schema.provisioned,),
    endpoints=endpoints(users, describing),
    permissions={"scim.change": MANAGERS, "scim.read": MANAGERS},
    audited=("scim.removed",),
    refuses={BELOW: refused, f"{API}{BELOW}": refused},
)
