"""The pages that people see."""

from __future__ import annotations

from starlette.routing import BaseRoute

from chat.web.html import admin, audit, choices, exports, inbox, privacy, rights, session, sites


def routes() -> list[BaseRoute]:
    """Return the route of every page."""
    owner = [*sites.routes(), *admin.routes(), *choices.routes(), *privacy.routes(), *audit.routes(), *exports.routes()]
    return [*session.routes(), *inbox.routes(), *owner, *rights.routes()]
