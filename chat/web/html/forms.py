"""Forms of signed-in people: from our own page alone, with every value of a field that stands more than once."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl

from starlette.requests import Request

from chat.errors import Forbidden, TooLarge
from chat.web.doors import BODY_MOST
from chat.web.html.pages import Reader, reader

FIELDS_MOST = 300


async def posted(request: Request) -> tuple[Reader, list[tuple[str, str]]]:
    """Return who posts, and the fields in order; Forbidden where the form does not come from this session's page."""
    who = await reader(request)
    raw = b""
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_MOST:
            raise TooLarge(f"A form holds at most {BODY_MOST} bytes")
    fields = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS_MOST)
    if not hmac.compare_digest(dict(fields).get("csrf", "").encode(), who.csrf.encode()):
        raise Forbidden("This form is not of this session; load its page again")
    return who, fields
