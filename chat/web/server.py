"""How the server is: alive, ready, its numbers; and the static files."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from chat.infra.metrics import CONTENT_TYPE
from chat.web.answers import JSON
from chat.web.context import context_of
from chat.web.files import ANYWHERE


async def healthz(_: Request) -> Response:
    """`GET /healthz`: alive."""
    return JSON({"status": "alive"})


async def readyz(request: Request) -> Response:
    """`GET /readyz`: can store and fan out; 503 naming the part that is away."""
    context = context_of(request)
    stores, fans_out = await context.ready.now(context.services)
    return JSON({"stores": stores, "fans_out": fans_out}, 200 if stores and fans_out else 503)


async def jwks(request: Request) -> Response:
    """`GET /.well-known/jwks.json`: the key that checks receipts and certificates, for anybody, also from a page."""
    headers = {"cache-control": "public, max-age=3600", "access-control-allow-origin": "*", **ANYWHERE}
    answer = JSON({"keys": [context_of(request).services.signer.jwk]}, headers=headers)
    answer.headers["content-type"] = "application/jwk-set+json"
    return answer


async def metrics(request: Request) -> Response:
    """`GET /metrics`: Prometheus."""
    context = context_of(request)
    context.metrics.visitors.set(context.visitors_here)
    context.metrics.agents.set(len(context.agents))
    context.metrics.missed.set(context.services.bus.missed)
    context.metrics.forged.set(context.services.bus.forged)
    context.metrics.evicted.set(context.services.bus.evicted)
    return Response(context.metrics.page(), headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})
