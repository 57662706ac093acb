"""The reader: the OpenAPI document as a page of ours, for anybody, with nothing on it from elsewhere."""

from __future__ import annotations

from starlette.responses import Response

from chat.api_docs.domain import shown
from chat.web.answers import unless_known
from chat.web.authentication import own_origin
from chat.web.files import PACKED
from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.requests import text

Q = text("q")
WORDS_MOST = 200  # characters that are looked for


@page_endpoint("GET /api/docs", audience="anybody", query=[Q], middleware=PACKED)
async def show_docs(ask: PageAsk) -> Response:
    """Show each operation: what it takes, gives and refuses. With `q` only those whose words have all of these."""
    words = ask.query(Q)[:WORDS_MOST]
    answer = ask.page("api-docs.html", groups=shown(ask.context.document(), words, own_origin(ask.request)), q=words)
    # Its language depends on the reader, so that no cache between may keep it.
    answer.headers["cache-control"] = "private, no-cache"
    return unless_known(ask.request, answer)
