"""The pages that people see."""

from __future__ import annotations

from starlette.routing import BaseRoute

from chat.web.html import admin, audit, choices, inbox, privacy, rights, session, sites


def routes() -> list[BaseRoute]:
    """Return the route of every page."""
    own = [*sites.routes(), *admin.routes(), *choices.routes(), *privacy.routes(), *audit.routes()]
    return [*session.routes(), *inbox.routes(), *own, *rights.routes()]
