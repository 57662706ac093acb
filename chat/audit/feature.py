"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.audit import api, pages, store
from chat.audit.actions import ageing, renewing, verdicts
from chat.core.access import Right
from chat.infra.audit import schema
from chat.infra.gathered import YEAR, RetentionRule, Sweep
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "audit",
    Path(__file__).parent,
    tables=(
        schema.audit_head,
        schema.audit_part,
        schema.audit,
    ),
    endpoints=endpoints(api, pages),
    permissions={"audit.check": "admin", "audit.read": Right("admin", audits=True)},
    menu=(Menu("privacy", 5, "/admin/audit", "page.audit"),),
    sweeps=(Sweep("audit", verdicts.sweep, 3600.0), Sweep("closed", renewing.sweep, 3600.0)),
    audited=("audit.begun", "audit.viewed"),
    retention_rules=(
        RetentionRule(
            "audit",
            "entries",
            "the action",
            2 * YEAR,
            store.AUDIT,
            ageing.purge_entries,
            order=7,
        ),
    ),
)
