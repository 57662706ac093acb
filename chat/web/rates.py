"""
How often one token or session may ask the API, and how that is told (draft-ietf-httpapi-ratelimit-headers-10): the
limit and what is left of it are on every answer to who is counted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from starlette.requests import Request
from starlette.types import Scope

from chat.core.errors import RateLimited
from chat.core.model import Actor
from chat.web.context import context_of

WINDOW = 60
STATE = "rate"


@dataclass(frozen=True, slots=True)
class RequestRate:
    """A limit of `quota` in WINDOW seconds, as it stands: so many are `left` for so many `seconds`."""

    quota: int
    left: int
    seconds: int

    def headers(self) -> dict[str, str]:
        """Return how it is told, as structured fields (RFC 9651)."""
        return {
            "ratelimit-policy": f'"default";q={self.quota};w={WINDOW}',
            "ratelimit": f'"default";r={self.left};t={self.seconds}',
        }


async def count(request: Request, who: Actor) -> None:
    """Count a request of a token or session, and note for the answer how the limit stands. Raises RateLimited."""
    services = context_of(request).services
    quota = services.settings.api_rate
    if not quota:
        return
    asked, left = await services.bus.spend(f"api:{who.token_id or who.session_id}", WINDOW)
    request.scope["state"][STATE] = RequestRate(quota, max(0, quota - asked), math.ceil(left))
    if asked > quota:
        raise RateLimited(f"A token or session asks at most {quota} times a minute", retry_after=left)


def rate_headers(scope: Scope) -> dict[str, str]:
    """Return the headers of an answer to who was counted, none to others."""
    rate: RequestRate | None = scope.get("state", {}).get(STATE)
    return {} if rate is None else rate.headers()
