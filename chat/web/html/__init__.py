"""The pages that people see."""

from __future__ import annotations

from starlette.routing import BaseRoute

from chat.web.html import admin, inbox, privacy, session


def routes() -> list[BaseRoute]:
    """Return the route of every page."""
    return [*session.routes(), *inbox.routes(), *admin.routes(), *privacy.routes()]
