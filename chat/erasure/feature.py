"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import Right
from chat.erasure import api, pages, schema
from chat.erasure.actions import ageing, erasure, recipients, replaying
from chat.erasure.domain import settings
from chat.erasure.store import ageing as kinds
from chat.erasure.store import erasures
from chat.infra.gathered import RetentionRule, Sweep
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "erasure",
    Path(__file__).parent,
    tables=(
        schema.erasure,
        schema.erasure_place,
        schema.recipient,
        schema.erasure_ask,
    ),
    endpoints=endpoints(api, pages),
    permissions={
        "erasure.ask": "agent",
        "erasure.confirm": "admin",
        "erasure.read": Right("agent", audits=True),
        "erasure.oversee": Right("admin", audits=True),
    },
    account_settings=(settings.GRACE_DAYS,),
    menu=(Menu("privacy", 2, "/admin/erasures", "page.erasures"),),
    sweeps=(
        Sweep("erasure", erasure.sweep, 5.0),
        Sweep("recipients", recipients.sweep, 60.0),
        Sweep("scrub", erasure.scrub, 120.0),
    ),
    audited=(
        "agent.erased",
        "consent.withdrawn",
        "contact.erased",
        "erasure.asked",
        "erasure.confirmed",
        "erasure.refused",
        "erasure.requested",
        "recipient.told",
    ),
    agreement_used=(erasures.is_used,),
    retention_rules=(
        RetentionRule(
            "contacts",
            "contacts",
            "the contact's last ticket was deleted",
            30,
            kinds.CONTACTS,
            ageing.erase_contacts,
            order=4,
        ),
        RetentionRule(
            "sessions",
            "contacts",
            "agreeing, where nothing was ever written",
            7,
            kinds.SESSIONS,
            ageing.erase_contacts,
            order=5,
        ),
    ),
    replays={"erase": replaying.erase, "erase_agent": replaying.erase_agent},
)
