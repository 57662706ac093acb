"""The filter over REST: how it judges a text, what it is, its training runs, and the quarantine."""

from __future__ import annotations

import struct
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from chat.core import frames
from chat.core.errors import InvalidField, NotFound
from chat.spam_filter.actions import quarantine, runs, training
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import CURSOR, LIMIT, Listed, cursor, listed
from chat.web.parameters import Parameter, choice

SORT: Parameter[Literal["score", "time"]] = choice("sort", "score", "time", refusal="Sort by score or time")


def _position(value: str, name: str) -> tuple[float, int, int] | None:
    """Read where a page of the quarantine begins; the first number of its cursor is the bits of a float."""
    numbers = cursor(3).read(value, name)
    if numbers is None:
        return None
    try:
        (by,) = struct.unpack(">d", struct.pack(">q", numbers[0]))
    except struct.error:
        raise InvalidField("This cursor is not one of ours; begin without", field="cursor") from None
    return by, numbers[1], numbers[2]


POSITION: Parameter[tuple[float, int, int] | None] = Parameter("cursor", _position, None)


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


@endpoint("POST /spam/classify", permission="spam.classify", audited=())
async def classify(ask: Ask[Text]) -> dict[str, Any]:
    """Judge a text."""
    return training.classify(ask.services, ask.actor, ask.body.text)


@endpoint("GET /spam/model", permission="filter.read", audited=())
async def model(ask: Ask[None]) -> dict[str, Any]:
    """Return what the account's filter is."""
    return await training.model(ask.services, ask.actor)


@endpoint("PUT /spam/model", permission="filter.train", audited={"filter.promoted"})
async def put_model(ask: Ask[Use]) -> dict[str, Any]:
    """Put a version to use, an older one too."""
    return await runs.use(ask.services, ask.actor, ask.body.version)


@endpoint("GET /spam/training-runs", permission="filter.train", query=[LIMIT, CURSOR], audited=())
async def list_runs(ask: Ask[None]) -> Listed[dict[str, Any]]:
    """Return the retrainings, newest first."""
    before = ask.query(CURSOR)
    items, after = await runs.page(ask.services, ask.actor, before[0] if before else None, ask.query(LIMIT))
    return listed(items, None if after is None else (after,))


@endpoint("POST /spam/training-runs", permission="filter.train", audited={"filter.trained"}, status=202)
async def post_run(ask: Ask[None]) -> dict[str, Any]:
    """Begin a retraining; answers with the one under way where there is one."""
    return await runs.start(ask.services, ask.actor)


@endpoint("GET /spam/training-runs/{id}", permission="filter.train", audited=())
async def get_run(ask: Ask[None]) -> dict[str, Any]:
    """Return its progress, and the report."""
    return await runs.one(ask.services, ask.actor, ask.path["id"])


@endpoint("DELETE /spam/training-runs/{id}", permission="filter.train", audited={"filter.discarded"})
async def discard_run(ask: Ask[None]) -> dict[str, Any]:
    """Say that its version is not wanted; it is kept."""
    return await runs.discard(ask.services, ask.actor, ask.path["id"])


@endpoint(
    "GET /spam/quarantine", permission="quarantine.read", query=[SORT, LIMIT, POSITION], audited={"quarantine.viewed"}
)
async def list_held(ask: Ask[None]) -> Listed[dict[str, Any]]:
    """Return what is held; `?sort=time` newest first, else by score."""
    sort, position = ask.query(SORT), ask.query(POSITION)
    items, after = await quarantine.page(ask.services, ask.actor, sort, position, ask.query(LIMIT))
    return listed(items, numbers_of(after))


@endpoint("POST /spam/quarantine", permission="spam.mark", audited={"spam.marked", "spam.unmarked", "spam.returned"})
async def post_held(ask: Ask[Judgement]) -> dict[str, int]:
    """Take an agent's word on many messages at once; answers with how many of them were there."""
    refs = [(each.ticket, each.seq) for each in ask.body.messages]
    done = await quarantine.judge(ask.services, ask.actor, ask.body.word, refs)
    if not done:
        raise NotFound("None of these messages is there")
    return {"done": done}


def numbers_of(after: tuple[float, int, int] | None) -> tuple[int, int, int] | None:
    """Return a position as the numbers of a cursor."""
    if after is None:
        return None
    (bits,) = struct.unpack(">q", struct.pack(">d", after[0]))
    return bits, after[1], after[2]
