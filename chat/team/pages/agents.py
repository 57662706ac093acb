"""The owner's page about agents: what it shows of them. Who is invited is above it (`chat/invitations/pages.py`)."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.core.access import SHOWN
from chat.team.actions import agents
from chat.web.forms import Errors, Form
from chat.web.page_endpoint import PageAsk


async def page(
    ask: PageAsk, template: str, form: Form | None = None, errors: Errors | None = None, status: int = 200, **more: Any
) -> Response:
    """Return the page of agents, as the template that extends `admin-agents.html` has it."""
    given: dict[str, Any] = {
        "agents": await agents.agents(ask.services, ask.actor),
        "roles": roles_of(ask),
        "form": {"email": "", "role": "agent"} | (form or {}),
    }
    return ask.page(template, status, errors=errors, **given, **more)


def roles_of(ask: PageAsk) -> tuple[str, ...]:
    """Return the roles that who reads may give."""
    return tuple(each for each in SHOWN if each != "owner" or ask.reader.agent.role == "owner")
