"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import Right
from chat.infra.gathered import Sweep
from chat.retention import api, pages, schema
from chat.retention.actions import sweeping
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "retention",
    Path(__file__).parent,
    tables=(
        schema.retention_run,
        schema.retention_count,
    ),
    endpoints=endpoints(api, pages),
    permissions={
        "retention.change": Right("admin", never_below="admin"),
        "retention.read": Right("admin", audits=True),
        "retention.run": Right("admin", never_below="admin"),
    },
    menu=(Menu("privacy", 3, "/admin/retention", "page.retention"),),
    sweeps=(Sweep("retention", sweeping.sweep, 60.0),),
    audited=("retention.changed", "retention.rehearsed", "retention.run"),
)
