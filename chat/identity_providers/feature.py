"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import Right
from chat.identity_providers import api, schema
from chat.identity_providers.actions import enforcing, replaying
from chat.identity_providers.pages import admin, signing_in
from chat.infra.gathered import Sweep
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "identity_providers",
    Path(__file__).parent,
    tables=(schema.identity_provider, schema.provider_identity, schema.used_sign_in),
    endpoints=endpoints(api, signing_in, admin),
    # Who says who signs in may sign in as anybody, owners too: an owner's alone, and given to nobody.
    permissions={
        "provider.read": "admin",
        "provider.change": Right("owner", never_below="owner", always=("owner",)),
    },
    menu=(Menu("security", 4, "/admin/identity-providers", "page.identity_providers"),),
    sweeps=(Sweep("used_sign_ins", enforcing.sweep, 600.0),),
    audited=(
        "provider.added",
        "provider.changed",
        "provider.linked",
        "provider.refused",
        "provider.removed",
        "provider.unlinked",
    ),
    sign_in_providers=enforcing.SigningInThrough(),
    replays={"provider": replaying.remove_or_suspend, "unlink": replaying.unlink},
)
