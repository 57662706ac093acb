"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.factors import api, schema
from chat.factors.actions import replaying
from chat.factors.actions.signing_in import SigningIn
from chat.factors.pages import challenges, passkeys, requiring, second_factor, signing_in
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "factors",
    Path(__file__).parent,
    tables=(schema.totp, schema.recovery_code, schema.shown, schema.factor_rule),
    endpoints=endpoints(api, second_factor, passkeys, signing_in, challenges, requiring),
    audited=(
        "factor.set",
        "factor.removed",
        "factor.codes_made",
        "factor.code_used",
        "factor.failed",
        "factor.reset",
        "factor.required",
        "factor.passkey_added",
        "factor.passkey_renamed",
        "factor.passkey_removed",
    ),
    menu=(Menu("security", 2, "/admin/second-factor", "page.second_factors"),),
    second_factors=SigningIn(),
    replays={"factor": replaying.remove_factor, "passkey": replaying.remove_passkey, "codes": replaying.remove_codes},
)
