"""Every path of the server, as one list."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from chat.account import api as account_api
from chat.account import pages as sites
from chat.audit import api as audit_api
from chat.audit import pages as audit_pages
from chat.consent import api as consent_api
from chat.consent import pages as consent_pages
from chat.departments import api as departments_api
from chat.departments import pages as departments_pages
from chat.embed import api as embed
from chat.erasure import api as erasure_api
from chat.erasure import pages as erasure_pages
from chat.export import api as export_api
from chat.export import pages as export_pages
from chat.holds import api as holds_api
from chat.holds import pages as holds_pages
from chat.profiles import api as profiles_api
from chat.record import api as record_api
from chat.record import pages as record_pages
from chat.retention import api as retention_api
from chat.retention import pages as retention_pages
from chat.rights import api as rights_api
from chat.rights import pages as rights_pages
from chat.spam_filter import api as spam_api
from chat.spam_filter.pages import quarantine, training
from chat.team import api as team_api
from chat.team.pages import agents, password, session
from chat.tickets import pages as inbox
from chat.tickets.api import attachments as attachments_api
from chat.tickets.api import tickets as tickets_api
from chat.tickets.sockets.account import gone_socket
from chat.tickets.sockets.agent import agent_socket
from chat.tickets.sockets.visitor import visitor_socket
from chat.web import server
from chat.web.files import PACKED, Files
from chat.web.parameters import strict
from chat.web.sockets import socket_route


def routes() -> list[BaseRoute]:
    """Return every route."""
    return [
        *strict(
            [
                Route("/", embed.redirect_home),
                Route("/healthz", server.healthz),
                Route("/readyz", server.readyz),
                Route("/metrics", server.metrics),
                Route("/.well-known/jwks.json", server.jwks),
            ]
        ),
        # Files take any query and heed none: pages and their systems add theirs against caches (`?cb=1`, `?ver=6`).
        Route("/widget.js", embed.loader, middleware=PACKED),
        *strict(widget()),
        socket_route("/ws/visitor", visitor_socket),
        socket_route("/ws/agent", agent_socket),
        socket_route("/ws/gone", gone_socket),
        *strict(pages(), "locale"),
        Mount("/api/v1", routes=strict(rest())),
        Mount("/widget-assets", Files("widget", "/widget-assets/main.js"), middleware=PACKED),
        Mount("/static", Files("static"), middleware=PACKED),
    ]


def widget() -> list[BaseRoute]:
    """Return what a visitor's browser asks for."""
    return [
        *embed.routes(),
        *consent_api.widget_routes(),
        *erasure_api.widget_routes(),
        *attachments_api.widget_routes(),
        *rights_api.widget_routes(),
        *export_api.widget_routes(),
    ]


def pages() -> list[BaseRoute]:
    """Return the route of every page."""
    return [
        *session.routes(),
        *password.routes(),
        *inbox.routes(),
        *sites.routes(),
        *consent_pages.routes(),
        *agents.routes(),
        *departments_pages.routes(),
        *training.routes(),
        *quarantine.routes(),
        *holds_pages.routes(),
        *record_pages.routes(),
        *erasure_pages.routes(),
        *retention_pages.routes(),
        *export_pages.routes(),
        *audit_pages.routes(),
        *rights_pages.routes(),
    ]


def rest() -> list[BaseRoute]:
    """Return the routes of `/api/v1`: for programs, and for the inbox."""
    return [
        *tickets_api.routes(),
        *attachments_api.routes(),
        *profiles_api.routes(),
        *record_api.routes(),
        *holds_api.routes(),
        *erasure_api.routes(),
        *retention_api.routes(),
        *export_api.routes(),
        *audit_api.routes(),
        *spam_api.routes(),
        *consent_api.routes(),
        *team_api.routes(),
        *account_api.routes(),
        *departments_api.routes(),
    ]
