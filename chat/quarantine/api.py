"""The quarantine over REST: what is held, and an agent's word on it."""

from __future__ import annotations

import struct
from typing import Annotated, Literal

from msgspec import Meta, Struct

from chat.core import frames
from chat.core.errors import InvalidField, NotFound
from chat.quarantine import actions as quarantine
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import LIMIT, Listed, cursor, listed
from chat.web.requests import Parameter, choice

SORT: Parameter[Literal["score", "time"]] = choice("sort", "score", "time", refusal="Sort by score or time")


def _position(value: str, name: str) -> tuple[float, int, int] | None:
    """Read where a page of the quarantine begins. The first number of its cursor is the bits of a float."""
    numbers = cursor(3).read(value, name)
    if numbers is None:
        return None
    try:
        (by,) = struct.unpack(">d", struct.pack(">q", numbers[0]))
    except struct.error:
        raise InvalidField("This cursor is not one of ours; begin without", field="cursor") from None
    return by, numbers[1], numbers[2]


POSITION: Parameter[tuple[float, int, int] | None] = Parameter("cursor", _position, None)


class At(Struct, frozen=True, forbid_unknown_fields=True):
    """A message: its ticket's number and its own."""

    ticket: frames.Number
    seq: frames.Number


class Judgement(Struct, frozen=True, forbid_unknown_fields=True):
    """An agent's word on messages: `release`, `confirm`, or `return` to take it back."""

    word: quarantine.Word
    messages: Annotated[list[At], Meta(min_length=1, max_length=quarantine.MOST)]


@endpoint(
    "GET /spam/quarantine", permission="quarantine.read", query=[SORT, LIMIT, POSITION], audited={"quarantine.viewed"}
)
async def list_held(ask: Ask[None]) -> Listed[quarantine.QuarantinedView]:
    """Return what is held. `?sort=time` gives the newest first, else the order is by score."""
    sort, position = ask.query(SORT), ask.query(POSITION)
    items, after = await quarantine.page(ask.services, ask.actor, sort, position, ask.query(LIMIT))
    return listed(items, numbers_of(after))


@endpoint("POST /spam/quarantine", permission="spam.mark", audited={"spam.marked", "spam.unmarked", "spam.returned"})
async def post_held(ask: Ask[Judgement]) -> dict[str, int]:
    """Take an agent's word on many messages at once. The answer is how many of them were there."""
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
