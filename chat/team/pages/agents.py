"""The owner's page about agents."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.core.errors import InvalidField
from chat.team.actions import agents
from chat.web.forms import Errors, Form, named, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint


@page_endpoint("GET /admin/agents", permission="agent.manage", query=[SAVED])
async def show_agents(ask: PageAsk) -> Response:
    """Show them."""
    return await _agents_page(ask)


@page_endpoint("POST /admin/agents", permission="agent.manage", audited={"agent.added"})
async def add_agent(ask: PageAsk) -> Response:
    """Add one. The answer itself shows the password, the only time anything does."""
    name, email, role = (ask.form.get(each, "") for each in ("name", "email", "role"))
    try:
        made, password = await agents.add_agent(ask.services, ask.actor, email, name, role)
    except InvalidField as error:
        return await _agents_page(ask, ask.form, named(error), status=422)
    created = {"name": made.name, "email": made.email, "password": password}
    return await _agents_page(ask, created=created, status=201)


@page_endpoint("POST /admin/agents/{id}/deactivate", permission="agent.manage", audited={"agent.deactivated"})
async def deactivate_agent(ask: PageAsk) -> Response:
    """Sign one out everywhere at once, for good."""
    await agents.deactivate_agent(ask.services, ask.actor, ask.path["id"])
    return saved("/admin/agents")


async def _agents_page(
    ask: PageAsk,
    form: Form | None = None,
    errors: Errors | None = None,
    created: Form | None = None,
    status: int = 200,
) -> Response:
    more: dict[str, Any] = {
        "agents": await agents.agents(ask.services, ask.actor),
        "roles": ("agent", "admin", "owner") if ask.reader.agent.role == "owner" else ("agent", "admin"),
        "form": {"name": "", "email": "", "role": "agent"} | (form or {}),
        "created": created,
    }
    return ask.page("admin-agents.html", status, errors=errors, **more)
