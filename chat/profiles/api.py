"""Contacts over REST."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.consent.actions import consent
from chat.consent.actions.portable import portable
from chat.erasure.actions import erasure
from chat.profiles import actions as contacts
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import cursor_of, listed, order_of
from chat.web.parameters import takes
from chat.web.requests import limit_of, standard_of


def routes() -> list[Route]:
    """Return the routes of `/api/v1/contacts`."""
    return [
        Route("/contacts", list_contacts),
        Route("/contacts/{id}", get_contact),
        Route("/contacts/{id}", erase_contact, methods=["DELETE"]),
        Route("/contacts/{id}/consents", list_consents),
    ]


@takes("email", "order", "limit", "cursor")
async def list_contacts(request: Request) -> Response:
    """`GET /contacts`; `?email=` finds by the whole address."""
    actor = await actor_of(request)
    after, limit = (cursor_of(request.query_params.get("cursor"), 1) or (0,))[0], limit_of(request)
    order_of(request, "number")
    email = request.query_params.get("email")
    items, last = await contacts.page(context_of(request).services, actor, email, after, limit)
    return listed(items, last)


async def get_contact(request: Request) -> Response:
    """`GET /contacts/{id}`."""
    actor = await actor_of(request)
    return JSON(await contacts.one(context_of(request).services, actor, request.path_params["id"]))


async def erase_contact(request: Request) -> Response:
    """`DELETE /contacts/{id}`: files an erasure, 202."""
    actor = await actor_of(request)
    erasure_id = await erasure.by_agent(context_of(request).services, actor, request.path_params["id"])
    return JSON({"erasure_id": erasure_id}, 202)


@takes("format")
async def list_consents(request: Request) -> Response:
    """`GET /contacts/{id}/consents`: the receipts, withdrawn ones too; `?format=ts27560` in that standard's terms."""
    actor, services = await actor_of(request), context_of(request).services
    ledger = await contacts.ledger(services, actor, request.path_params["id"])
    found = [consent.signed_receipt({"document": each.document, "signature": each.signature}) for each in ledger]
    return listed([portable(services, each["receipt"]) for each in found] if standard_of(request) else found, None)
