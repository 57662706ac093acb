"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.export import api, domain, pages, schema
from chat.export.actions import ageing, building, forgetting
from chat.export.store import ageing as kinds
from chat.export.store import exports
from chat.infra.blobs import EXPORTS
from chat.infra.gathered import RetentionRule, Sweep
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "export",
    Path(__file__).parent,
    tables=(schema.export,),
    endpoints=endpoints(api, pages),
    permissions={
        "contact.export": "agent",
        "contact.export_held": "admin",
        "export.delete": "admin",
        "export.list": "admin",
    },
    account_settings=(domain.EXPORT_AGENT_NAMES, domain.EXPORT_NOTES),
    menu=(Menu("privacy", 4, "/admin/exports", "page.exports"),),
    sweeps=(Sweep("exports", building.sweep, 5.0),),
    audited=("contact.exported",),
    retention_rules=(
        RetentionRule(
            "exports",
            "exports",
            "it was asked for",
            7,
            kinds.EXPORTS,
            ageing.purge_exports,
            most=90,
            order=6,
        ),
    ),
    data_locations=(EXPORTS,),
    erasure_steps=(forgetting.EXPORTS_GO,),
    stored=(exports.bytes_of,),
)
