"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import MANAGERS
from chat.customers import api, pages, schema
from chat.customers.actions import replaying
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "customers",
    Path(__file__).parent,
    tables=(schema.customer_secret, schema.customer),
    endpoints=endpoints(api, pages),
    permissions={"customer.secret": MANAGERS},
    menu=(Menu("account", 8, "/admin/customers", "page.customers"),),
    audited=("customer_secret.made", "customer_secret.ended"),
    replays={"customer_secret": replaying.make_again, "end_customer_secret": replaying.end_again},
)
