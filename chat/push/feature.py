"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.push import api, schema
from chat.push.actions import calling, sending
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "push",
    Path(__file__).parent,
    tables=(schema.push_subscription, schema.push_call),
    endpoints=endpoints(api),
    sweeps=(Sweep("push", sending.sweep, 2.0), Sweep("push_calls", sending.drop_old, 600.0)),
    recorders=(calling.record,),
)
