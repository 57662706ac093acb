"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.infra.gathered import Sweep
from chat.rights import actions, api, pages, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "rights",
    Path(__file__).parent,
    tables=(schema.link,),
    endpoints=endpoints(api, pages),
    sweeps=(Sweep("links", actions.sweep, 600.0),),
    audited=("transcript.offered",),
)
