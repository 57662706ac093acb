"""How the server is: alive, ready, its numbers, and the static files."""

from __future__ import annotations

from starlette.responses import Response

from chat.core.errors import Unavailable
from chat.infra.metrics import CONTENT_TYPE
from chat.web.answers import JSON
from chat.web.endpoint import Ask, endpoint
from chat.web.files import ANYWHERE


@endpoint("GET /healthz", audience="anybody")
async def healthz(_: Ask[None]) -> dict[str, str]:
    """Say that it is alive."""
    return {"status": "alive"}


@endpoint("GET /readyz", audience="anybody", status=(200, 503))
async def readyz(ask: Ask[None]) -> Response:
    """Say whether it can store and fan out: 503 names the part that is away."""
    stores, fans_out = await ask.context.ready.now(ask.services)
    said = {"stores": stores, "fans_out": fans_out}
    return JSON(said) if stores and fans_out else JSON(said, 503, {"retry-after": str(Unavailable.wait)})


@endpoint("GET /.well-known/jwks.json", audience="anybody")
async def jwks(ask: Ask[None]) -> Response:
    """Return the key that checks receipts and certificates, for anybody, also from a page."""
    headers = {"cache-control": "public, max-age=3600", "access-control-allow-origin": "*", **ANYWHERE}
    answer = JSON({"keys": [ask.services.signer.jwk]}, headers=headers)
    answer.headers["content-type"] = "application/jwk-set+json"
    return answer


@endpoint("GET /metrics", audience="anybody")
async def metrics(ask: Ask[None]) -> Response:
    """Return the numbers, for Prometheus."""
    context = ask.context
    context.metrics.visitors.set(context.visitors_here)
    context.metrics.agents.set(len(context.agents))
    context.metrics.missed.set(context.services.bus.missed)
    context.metrics.forged.set(context.services.bus.forged)
    context.metrics.evicted.set(context.services.bus.evicted)
    return Response(context.metrics.page(), headers={"content-type": CONTENT_TYPE, "cache-control": "no-store"})
