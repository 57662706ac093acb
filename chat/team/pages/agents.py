"""The owner's page about agents."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.errors import InvalidField
from chat.team.actions import agents
from chat.web.context import context_of
from chat.web.forms import Errors, Form, just_saved, manager, named, posted, saved
from chat.web.pages import Reader, page
from chat.web.parameters import takes


def routes() -> list[Route]:
    """Return the page and what its forms post to."""
    return [
        Route("/admin/agents", show_agents),
        Route("/admin/agents", add_agent, methods=["POST"]),
        Route("/admin/agents/{id}/deactivate", deactivate_agent, methods=["POST"]),
    ]


@takes("saved")
async def show_agents(request: Request) -> Response:
    """`GET /admin/agents`."""
    return await _agents_page(request, await manager(request))


async def add_agent(request: Request) -> Response:
    """`POST /admin/agents`: the answer itself shows the password, the only time anything does."""
    who, form = await posted(request)
    name, email = form.get("name", ""), form.get("email", "")
    services = context_of(request).services
    try:
        made, password = await agents.add_agent(services, who.actor, email, name, form.get("role", ""))
    except InvalidField as error:
        return await _agents_page(request, who, form, named(error), status=422)
    created = {"name": made.name, "email": made.email, "password": password}
    return await _agents_page(request, who, created=created, status=201)


async def deactivate_agent(request: Request) -> Response:
    """`POST /admin/agents/{id}/deactivate`: signed out everywhere at once."""
    who, _ = await posted(request)
    await agents.deactivate_agent(context_of(request).services, who.actor, request.path_params["id"])
    return saved("/admin/agents")


async def _agents_page(
    request: Request,
    who: Reader,
    form: Form | None = None,
    errors: Errors | None = None,
    created: Form | None = None,
    status: int = 200,
) -> Response:
    more: dict[str, Any] = {
        "agents": await agents.agents(context_of(request).services, who.actor),
        "roles": ("agent", "admin", "owner") if who.agent.role == "owner" else ("agent", "admin"),
        "form": {"name": "", "email": "", "role": "agent"} | (form or {}),
        "errors": errors or {},
        "created": created,
        "saved": just_saved(request),
    }
    return page(request, "admin-agents.html", who, status, **more)
