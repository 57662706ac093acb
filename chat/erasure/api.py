"""Erasures over REST, and withdrawing, as a visitor's browser asks for it."""

from __future__ import annotations

from msgspec import Struct

from chat.core.errors import InvalidField
from chat.erasure.actions import asks, erasure, views
from chat.erasure.actions.asks import ErasureAskView
from chat.erasure.actions.views import ErasureState, ErasureView
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import LIMIT, UID_CURSOR, Listed


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Who is to be forgotten: one contact, or all with an address."""

    contact_id: str = ""
    email: str = ""


class FiledErasures(Struct, frozen=True):
    """The numbers of the requests, the first of them apart, and whether they wait until somebody confirms them."""

    erasure_id: str
    erasure_ids: list[str]
    waits: bool = False


class Refusal(Struct, frozen=True, forbid_unknown_fields=True):
    """Why an erasure that was asked for is refused."""

    reason: str


FILED = {"consent.withdrawn", "erasure.requested"}


@endpoint("GET /erasures", permission="erasure.read", query=[LIMIT, UID_CURSOR], audited=())
async def list_erasures(ask: Ask[None]) -> Listed[ErasureView]:
    """Return them, newest first."""
    limit, before = ask.query(LIMIT), ask.query(UID_CURSOR)
    return Listed(*await views.page(ask.services, ask.actor, before, limit))


@endpoint(
    "POST /erasures",
    permission="erasure.ask",
    audited={"consent.withdrawn", "erasure.requested", "erasure.asked"},
    status=202,
    step_up=True,
)
async def post_erasure(ask: Ask[Asked]) -> FiledErasures:
    """File an erasure for a contact, or for each with an address, or ask for it."""
    asked = ask.body
    if bool(asked.contact_id) == bool(asked.email):
        raise InvalidField("Give a contact_id or an email", field="contact_id")
    if asked.email:
        made = await erasure.by_email(ask.services, ask.actor, asked.email)
    else:
        made = [await erasure.by_agent(ask.services, ask.actor, asked.contact_id)]
    return FiledErasures(made[0], made, await asks.waiting(ask.services, ask.actor, made))


@endpoint("GET /erasure-asks", permission="erasure.read", audited=())
async def list_asks(ask: Ask[None]) -> Listed[ErasureAskView]:
    """Return what agents asked for and nobody has confirmed, oldest first."""
    return Listed(await asks.page(ask.services, ask.actor))


@endpoint(
    "POST /erasure-asks/{id}/confirmation",
    permission="erasure.confirm",
    audited={*FILED, "erasure.confirmed"},
    status=202,
    step_up=True,
)
async def confirm_ask(ask: Ask[None]) -> FiledErasures:
    """File the erasure that was asked for."""
    made = await erasure.confirm(ask.services, ask.actor, ask.path["id"])
    return FiledErasures(made, [made])


@endpoint("POST /erasure-asks/{id}/refusal", permission="erasure.confirm", audited={"erasure.refused"}, status=204)
async def refuse_ask(ask: Ask[Refusal]) -> None:
    """Refuse it, and say why to who asked."""
    await asks.refuse(ask.services, ask.actor, ask.path["id"], ask.body.reason)


@endpoint("GET /erasures/{id}", permission="erasure.read", audited=())
async def get_erasure(ask: Ask[None]) -> ErasureState:
    """Return how far it is in each place, and the certificate."""
    return await views.state(ask.services, ask.actor, ask.path["id"])


@endpoint(
    "DELETE /widget/{site_key}/sessions",
    audience="visitor",
    status=202,
    audited={"consent.withdrawn", "erasure.requested"},
)
async def withdraw(ask: Ask[None]) -> dict[str, str]:
    """Withdraw and be forgotten. The answer is the request's number, twice the same."""
    return {"erasure_id": await erasure.by_visitor(ask.services, ask.visitor)}
