"""The doors: every path of the server, as one list."""

from __future__ import annotations

from typing import Any

from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from chat.web import admin, api, attachments, inbox, privacy, server, session, spam, widget
from chat.web.agent import agent_socket
from chat.web.files import Files
from chat.web.visitor import visitor_socket


def routes() -> list[BaseRoute]:
    """Return every route."""
    return [
        Route("/", widget.redirect_home),
        Route("/healthz", server.healthz),
        Route("/readyz", server.readyz),
        Route("/metrics", server.metrics),
        Route("/widget.js", widget.loader),
        Route("/widget/{site_key}", widget.frame),
        Route("/widget/{site_key}/config", widget.config),
        Route("/widget/{site_key}/sessions", widget.begin, methods=["POST"]),
        Route("/widget/{site_key}/sessions", widget.withdraw, methods=["DELETE"]),
        Route("/widget/{site_key}/receipt", widget.receipt),
        Route("/widget/{site_key}/transcript", widget.transcript),
        Route("/widget/{site_key}/transcript", widget.mail_transcript, methods=["POST"]),
        Route("/widget/{site_key}/attachments", attachments.upload, methods=["POST"]),
        Route("/widget/{site_key}/attachments/{id}", attachments.download),
        _socket("/ws/visitor", visitor_socket),
        _socket("/ws/agent", agent_socket),
        Route("/signin", session.sign_in_page),
        Route("/signin", session.sign_in, methods=["POST"]),
        Route("/signout", session.sign_out, methods=["POST"]),
        *inbox.routes(),
        *admin.routes(),
        *privacy.routes(),
        Mount("/api/v1", routes=rest()),
        Mount("/widget-assets", Files("widget")),
        Mount("/static", Files("static")),
    ]


def rest() -> list[BaseRoute]:
    """Return the routes of `/api/v1`."""
    return [
        Route("/tickets", api.list_tickets),
        Route("/tickets/{number:int}", api.get_ticket),
        Route("/tickets/{number:int}", api.change_ticket, methods=["PATCH"]),
        Route("/tickets/{number:int}", attachments.delete_ticket, methods=["DELETE"]),
        Route("/tickets/{number:int}/attachments", attachments.post_attachment, methods=["POST"]),
        Route("/tickets/{number:int}/messages", api.list_messages),
        Route("/tickets/{number:int}/messages", api.post_message, methods=["POST"]),
        Route("/tickets/{number:int}/messages/{seq:int}", attachments.redact_message, methods=["DELETE"]),
        Route("/tickets/{number:int}/notes", api.list_notes),
        Route("/tickets/{number:int}/notes", api.post_note, methods=["POST"]),
        Route("/tickets/{number:int}/spam", api.put_spam, methods=["PUT"]),
        Route("/attachments/{id}", attachments.get_attachment),
        Route("/attachments/{id}", attachments.delete_attachment, methods=["DELETE"]),
        Route("/contacts", api.list_contacts),
        Route("/contacts/{id}", api.get_contact),
        Route("/contacts/{id}", api.erase_contact, methods=["DELETE"]),
        Route("/contacts/{id}/consents", api.list_consents),
        Route("/notices", api.list_notices),
        Route("/notices", api.post_notice, methods=["POST"]),
        Route("/agents", api.list_agents),
        Route("/sites", api.list_sites),
        Route("/spam/classify", spam.classify, methods=["POST"]),
        Route("/spam/model", spam.model),
        *privacy.rest(),
        Route("/account", api.get_account),
        Route("/account", api.change_account, methods=["PATCH"]),
    ]


def _socket(path: str, app: Any) -> WebSocketRoute:
    """Route a path to a plain ASGI application, which a function would not be taken for."""
    route = WebSocketRoute(path, app)
    route.app = app
    return route
