"""An agent's own page: name, role, departments, letting them back in, handing ownership over; and who works where."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from chat.core.errors import ChangedMeanwhile, InvalidField
from chat.core.versions import precondition, tag_of
from chat.departments import actions as departments
from chat.factors.actions import resetting
from chat.lifecycle.actions import changes, deleting, views
from chat.lifecycle.actions.changes import AgentChange
from chat.lifecycle.actions.views import AgentView
from chat.lifecycle.api import CHANGED
from chat.password_resets import pages as resets
from chat.team.pages.agents import roles_of
from chat.web.forms import Errors, named, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

LIST = "/admin/agents"
IN, MEMBER, SHOWN = "department", "member", "shown"


@page_endpoint("GET /admin/agents/{id}", permission="agent.manage", query=[SAVED])
async def show_agent(ask: PageAsk) -> Response:
    """Show one."""
    return await _page(ask)


@page_endpoint("POST /admin/agents/{id}", permission="agent.manage", audited=CHANGED, step_up=True)
async def save_agent(ask: PageAsk) -> Response:
    """Save name, role and departments, unless somebody else did since the page was drawn."""
    uid, form = ask.path["id"], ask.form
    chosen = [value for name, value in ask.fields if name == IN]
    role = {"role": form["role"]} if "role" in form else {}
    wanted = AgentChange(name=form.get("name", ""), departments=chosen, **role)
    try:
        await changes.change(ask.services, ask.actor, uid, wanted, precondition(form.get("state")))
    except InvalidField as error:
        return await _page(ask, wanted, named(error), 422)
    except ChangedMeanwhile as error:
        return await _page(ask, wanted, {"whole": "agents.changed_meanwhile"}, error.status)
    return saved(f"{LIST}/{uid}" if uid != ask.actor.agent_id else LIST)


@page_endpoint(
    "POST /admin/agents/{id}/deactivate", permission="agent.manage", audited={"agent.deactivated"}, step_up=True
)
async def deactivate_agent(ask: PageAsk) -> Response:
    """Sign one out everywhere at once, for good."""
    await changes.deactivate(ask.services, ask.actor, ask.path["id"])
    return saved(LIST)


@page_endpoint(
    "POST /admin/agents/{id}/reactivate",
    permission="agent.manage",
    audited={"agent.reactivated", "agent.reset_link_made"},
    step_up=True,
)
async def reactivate_agent(ask: PageAsk) -> Response:
    """Let one sign in again, by a link to set a password: mailed, or shown this once where no mail is sent."""
    await changes.reactivate(ask.services, ask.actor, ask.path["id"])
    return await resets.show_link(ask)


@page_endpoint(
    "POST /admin/agents/{id}/ownership", permission="agent.manage", audited={"agent.role_changed"}, step_up=True
)
async def hand_over(ask: PageAsk) -> Response:
    """Hand ownership over. Who did has to sign in again."""
    await changes.hand_over(ask.services, ask.actor, ask.path["id"])
    return saved(LIST)


@page_endpoint("POST /admin/agents/{id}/delete", permission="agent.manage", audited={"agent.deleted"}, step_up=True)
async def delete_agent(ask: PageAsk) -> Response:
    """Delete one for good, and show how far it is."""
    try:
        made = await deleting.delete(ask.services, ask.actor, ask.path["id"], ask.form.get("tickets_to") or None)
    except InvalidField as error:
        return await _page(ask, errors=named(error), status=422)
    # Who deleted themself is signed out, and asked to sign in.
    return RedirectResponse(f"/admin/erasures/{made}", 303)


@page_endpoint("GET /admin/departments/{id}/members", permission="agent.manage", query=[SAVED])
async def show_members(ask: PageAsk) -> Response:
    """Show who works in a department."""
    department = await departments.one(ask.services, ask.actor, ask.path["id"])
    everybody = [each for each in await views.list_agents(ask.services, ask.actor) if each.status == "active"]
    owns = ask.reader.agent.role == "owner"
    return ask.page("admin-department-members.html", department=department, agents=everybody, owns=owns)


@page_endpoint(
    "POST /admin/departments/{id}/members", permission="agent.manage", audited={"agent.changed"}, step_up=True
)
async def save_members(ask: PageAsk) -> Response:
    """Save who works in a department, each agent by themselves; of whom the page did not show nothing is changed."""
    chosen, shown = ([value for name, value in ask.fields if name == each] for each in (MEMBER, SHOWN))
    uid = ask.path["id"]
    await departments.one(ask.services, ask.actor, uid)
    for each in await views.list_agents(ask.services, ask.actor):
        if each.id in shown and (each.id in chosen) != (uid in each.departments):
            wanted = [other for other in each.departments if other != uid] + [uid] * (each.id in chosen)
            await changes.change(ask.services, ask.actor, each.id, AgentChange(departments=wanted))
    return saved("/admin/departments")


async def _page(
    ask: PageAsk,
    typed: AgentChange | None = None,
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    one: AgentView = await views.get_agent(ask.services, ask.actor, ask.path["id"])
    others = [each for each in await views.list_agents(ask.services, ask.actor) if each.id != one.id]
    owners = [each for each in others if each.role == "owner" and each.status == "active"]
    owns, mine = ask.reader.agent.role == "owner", one.id == ask.actor.agent_id
    more: dict[str, Any] = {
        "one": one,
        "form": typed or one,
        "state": tag_of(one),
        "roles": roles_of(ask),
        "departments": await departments.departments(ask.services, ask.actor),
        "may_change": owns or one.role != "owner",
        "heirs": [each for each in others if each.status == "active"],
        "last_owner": one.role == "owner" and one.status == "active" and not owners,
        "has_factor": not mine and await resetting.has_factor(ask.services, ask.actor, one.id),
        "may_hand_over": owns and not mine and one.status == "active",
    }
    return ask.page("admin-agent.html", status, errors=errors, **more)
