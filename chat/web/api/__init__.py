"""REST, `/api/v1`: for programs, and for the inbox."""

from __future__ import annotations

from starlette.routing import BaseRoute

from chat.web.api import account, attachments, contacts, privacy, spam, tickets


def routes() -> list[BaseRoute]:
    """Return every route below `/api/v1`."""
    return [
        *tickets.routes(),
        *attachments.routes(),
        *contacts.routes(),
        *privacy.routes(),
        *spam.routes(),
        *account.routes(),
    ]
