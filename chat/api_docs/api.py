"""The OpenAPI document of this server, for anybody: it says no more than the docs do, and nothing of an account."""

from __future__ import annotations

import msgspec
from starlette.responses import Response

from chat.web.answers import unless_known
from chat.web.endpoint import Ask, endpoint
from chat.web.files import ANYWHERE, PACKED


@endpoint("GET /api/openapi.json", audience="anybody", status=(200, 304), middleware=PACKED)
async def document(ask: Ask[None]) -> Response:
    """Return what programs may ask of this server, as OpenAPI 3.1 says it. A cache asks each time whether it is so."""
    headers = {"cache-control": "public, no-cache", "access-control-allow-origin": "*", **ANYWHERE}
    body = msgspec.json.encode(ask.context.document())
    return unless_known(ask.request, Response(body, headers=headers, media_type="application/json"))
