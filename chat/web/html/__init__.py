"""The pages that people see."""

from __future__ import annotations

from starlette.routing import BaseRoute

from chat.web.html import admin, inbox, privacy, rights, session, sites


def routes() -> list[BaseRoute]:
    """Return the route of every page."""
    return [*session.routes(), *inbox.routes(), *sites.routes(), *admin.routes(), *privacy.routes(), *rights.routes()]
