"""The pages that people see."""

from __future__ import annotations

from starlette.routing import BaseRoute

from chat.web.html import admin, audit, departments, exports, inbox, privacy, retention, session


def routes() -> list[BaseRoute]:
    """Return the route of every page."""
    return [
        *session.routes(),
        *inbox.routes(),
        *admin.routes(),
        *departments.routes(),
        *privacy.routes(),
        *retention.routes(),
        *exports.routes(),
        *audit.routes(),
    ]
