"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import LINE, Right
from chat.departments import api, pages, store
from chat.infra.gathered import RetentionScopes
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "departments",
    Path(__file__).parent,
    endpoints=endpoints(api, pages),
    permissions={"department.read": Right("agent", always=LINE), "department.change": "admin"},
    menu=(Menu("account", 5, "/admin/departments", "page.departments"),),
    audited=("department.changed",),
    retention_scopes=(RetentionScopes("departments", pages.PAGE, store.scopes),),
)
