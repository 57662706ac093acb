"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.routing import api, pages, schema
from chat.routing.actions import giving
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu

feature = Feature(
    "routing",
    Path(__file__).parent,
    tables=(schema.routing_rule, schema.agent_routing, schema.routed_ticket),
    endpoints=endpoints(api, pages),
    permissions={"routing.change": "admin"},
    menu=(Menu("account", 10, pages.PAGE, "page.routing"),),
    sweeps=(Sweep("routing", giving.sweep, 5.0),),
    audited=("routing.changed",),
)
