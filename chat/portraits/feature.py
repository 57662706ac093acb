"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.portraits import actions, api, schema
from chat.web.endpoint import endpoints
from chat.web.feature import Feature

feature = Feature(
    "portraits",
    Path(__file__).parent,
    tables=(schema.portrait,),
    endpoints=endpoints(api),
    audited=(),
    replays={"portrait": actions.remove_again},
)
