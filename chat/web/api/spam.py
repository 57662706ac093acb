"""The filter over REST: how it judges a text, and what it is."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.actions.filter import training
from chat.web.doors import JSON, actor_of, body_of, doors_of


def routes() -> list[Route]:
    """Return the routes of `/api/v1/spam`."""
    return [Route("/spam/classify", classify, methods=["POST"]), Route("/spam/model", model)]


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A text to judge; it is not kept."""

    text: str


async def classify(request: Request) -> Response:
    """`POST /spam/classify`."""
    actor = await actor_of(request)
    said = await body_of(request, Text)
    return JSON(training.classify(doors_of(request).desk, actor, said.text))


async def model(request: Request) -> Response:
    """`GET /spam/model`."""
    actor = await actor_of(request)
    return JSON(await training.model(doors_of(request).desk, actor))
