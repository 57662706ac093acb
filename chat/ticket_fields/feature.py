"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import LINE, Right
from chat.ticket_fields import api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "ticket_fields",
    Path(__file__).parent,
    tables=(schema.ticket_fields,),
    endpoints=endpoints(api, pages),
    permissions={"ticket_field.read": Right("agent", always=LINE), "ticket_field.change": "admin"},
    menu=(Menu("account", 9, pages.PAGE, "page.ticket_fields"),),
    audited=("ticket_fields.changed",),
)
