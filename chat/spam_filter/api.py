"""The filter over REST: how it judges a text, what it is, its training runs, and the quarantine."""

from __future__ import annotations

import struct
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core import frames
from chat.core.errors import InvalidField, NotFound
from chat.spam_filter.actions import quarantine, runs, training
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import cursor_of, listed
from chat.web.parameters import takes
from chat.web.requests import body_of, limit_of

SORTS = ("score", "time")


def routes() -> list[Route]:
    """Return the routes of `/api/v1/spam`."""
    return [
        Route("/spam/classify", classify, methods=["POST"]),
        Route("/spam/model", model),
        Route("/spam/model", put_model, methods=["PUT"]),
        Route("/spam/training-runs", list_runs),
        Route("/spam/training-runs", post_run, methods=["POST"]),
        Route("/spam/training-runs/{id}", get_run),
        Route("/spam/training-runs/{id}", discard_run, methods=["DELETE"]),
        Route("/spam/quarantine", list_held),
        Route("/spam/quarantine", post_held, methods=["POST"]),
    ]


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """A text to judge; it is not kept."""

    text: str


class Use(Struct, frozen=True, forbid_unknown_fields=True):
    """The version that is to serve, 0 for the shipped head."""

    version: frames.Seq


class At(Struct, frozen=True, forbid_unknown_fields=True):
    """A message: its ticket's number and its own."""

    ticket: frames.Number
    seq: frames.Number


class Judgement(Struct, frozen=True, forbid_unknown_fields=True):
    """An agent's word on messages: `release`, `confirm`, or `return` to take it back."""

    word: quarantine.Word
    messages: Annotated[list[At], Meta(min_length=1, max_length=quarantine.MOST)]


async def classify(request: Request) -> Response:
    """`POST /spam/classify`."""
    actor = await actor_of(request)
    said = await body_of(request, Text)
    return JSON(training.classify(context_of(request).services, actor, said.text))


async def model(request: Request) -> Response:
    """`GET /spam/model`."""
    actor = await actor_of(request)
    return JSON(await training.model(context_of(request).services, actor))


async def put_model(request: Request) -> Response:
    """`PUT /spam/model`: puts a version to use, an older one too."""
    actor = await actor_of(request)
    body = await body_of(request, Use)
    return JSON(await runs.use(context_of(request).services, actor, body.version))


@takes("limit", "cursor")
async def list_runs(request: Request) -> Response:
    """`GET /spam/training-runs`, newest first."""
    actor = await actor_of(request)
    before = cursor_of(request.query_params.get("cursor"), 1)
    items, after = await runs.page(context_of(request).services, actor, before and before[0], limit_of(request))
    return listed(items, None if after is None else (after,))


async def post_run(request: Request) -> Response:
    """`POST /spam/training-runs`: 202 with the run, the one under way where there is one."""
    actor = await actor_of(request)
    return JSON(await runs.start(context_of(request).services, actor), 202)


async def get_run(request: Request) -> Response:
    """`GET /spam/training-runs/{id}`: progress, and the report."""
    actor = await actor_of(request)
    return JSON(await runs.one(context_of(request).services, actor, request.path_params["id"]))


async def discard_run(request: Request) -> Response:
    """`DELETE /spam/training-runs/{id}`: says that its version is not wanted; it is kept."""
    actor = await actor_of(request)
    return JSON(await runs.discard(context_of(request).services, actor, request.path_params["id"]))


@takes("sort", "limit", "cursor")
async def list_held(request: Request) -> Response:
    """`GET /spam/quarantine`; `?sort=time` newest first, else by score."""
    actor = await actor_of(request)
    sort = sort_of(request)
    items, after = await quarantine.page(
        context_of(request).services, actor, sort, position_of(request), limit_of(request)
    )
    return listed(items, numbers_of(after))


async def post_held(request: Request) -> Response:
    """`POST /spam/quarantine`: an agent's word on many messages at once; answers with how many of them were there."""
    actor = await actor_of(request)
    body = await body_of(request, Judgement)
    refs = [(each.ticket, each.seq) for each in body.messages]
    done = await quarantine.judge(context_of(request).services, actor, body.word, refs)
    if not done:
        raise NotFound("None of these messages is there")
    return JSON({"done": done})


def sort_of(request: Request) -> Any:
    """Return how the quarantine is to be sorted. Raises InvalidField."""
    sort = request.query_params.get("sort", SORTS[0])
    if sort not in SORTS:
        raise InvalidField("Sort by score or time", field="sort")
    return sort


def position_of(request: Request) -> tuple[float, int, int] | None:
    """Return where a page of the quarantine begins; the first number of its cursor is the bits of a float."""
    numbers = cursor_of(request.query_params.get("cursor"), 3)
    if numbers is None:
        return None
    try:
        (by,) = struct.unpack(">d", struct.pack(">q", numbers[0]))
    except struct.error:
        raise InvalidField("This cursor is not one of ours; begin without", field="cursor") from None
    return by, numbers[1], numbers[2]


def numbers_of(after: tuple[float, int, int] | None) -> tuple[int, int, int] | None:
    """Return a position as the numbers of a cursor."""
    if after is None:
        return None
    (bits,) = struct.unpack(">q", struct.pack(">d", after[0]))
    return bits, after[1], after[2]
