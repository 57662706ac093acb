"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.consent import api, domain, pages, schema
from chat.consent.actions import consent
from chat.core.access import MANAGERS
from chat.core.locations import DataLocation, Field
from chat.infra.gathered import Sweep
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

BROWSER = DataLocation(
    "browser",
    "browser",
    "contact",
    "that the same visitor comes back to the same chat",
    "90 days, or until withdrawn",
    (Field("token", "cookie", "to know the visitor again", "consent"),),
)

feature = Feature(
    "consent",
    Path(__file__).parent,
    tables=(
        schema.notice,
        schema.notice_text,
        schema.receipt,
    ),
    endpoints=endpoints(api, pages),
    permissions={"notice.read": "agent", "notice.publish": MANAGERS},
    account_settings=(domain.AGREEMENT_RATE, domain.CONSENT_DAYS),
    menu=(Menu("account", 2, "/admin/notice", "page.notice"),),
    sweeps=(Sweep("consents", consent.expire, 3600.0),),
    audited=("fields.changed", "notice.ended", "notice.published"),
    data_locations=(BROWSER,),
    replays={"narrow": consent.narrow_again},
)
