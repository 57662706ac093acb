"""The pages that people see."""

from __future__ import annotations

from starlette.routing import BaseRoute

from chat.web.html import (
    admin,
    audit,
    choices,
    departments,
    exports,
    inbox,
    password,
    privacy,
    quarantine,
    retention,
    rights,
    session,
    sites,
    training,
)


def routes() -> list[BaseRoute]:
    """Return the route of every page."""
    return [
        *session.routes(),
        *password.routes(),
        *inbox.routes(),
        *sites.routes(),
        *admin.routes(),
        *departments.routes(),
        *training.routes(),
        *quarantine.routes(),
        *choices.routes(),
        *privacy.routes(),
        *retention.routes(),
        *exports.routes(),
        *audit.routes(),
        *rights.routes(),
    ]
