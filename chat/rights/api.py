"""The visitor's transcript by mail."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.consent.actions import consent
from chat.rights import actions as links
from chat.web.answers import JSON
from chat.web.authentication import visitor_of
from chat.web.context import context_of
from chat.web.network import network_of


def widget_routes() -> list[Route]:
    """Return what a visitor's browser asks for."""
    return [Route("/widget/{site_key}/transcript", mail_transcript, methods=["POST"])]


async def mail_transcript(request: Request) -> Response:
    """`POST /widget/{site_key}/transcript`: mails a link to the address the visitor gave; opened, it brings it; 202."""
    services = context_of(request).services
    contact = await consent.contact_of(services, visitor_of(request, request.path_params["site_key"]))
    await links.ask_for_transcript(services, contact, network_of(request))
    return JSON({"queued": True}, 202)
