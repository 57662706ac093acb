"""Pages: the owner's about agents and those who are invited, and the one that an invitation opens."""

from __future__ import annotations

from typing import Any

from starlette.responses import RedirectResponse, Response

from chat.core.errors import InvalidField, LetheError, NotNow, RateLimited
from chat.invitations.actions import accepting, inviting, views
from chat.invitations.actions.inviting import Invited, Inviter
from chat.invitations.domain import PATH
from chat.team.pages import agents, session
from chat.web.authentication import network_of, own_origin
from chat.web.forms import Errors, Form, named
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.pages import locale_of
from chat.web.requests import flag

LIST = "/admin/agents"
BACK = flag("back")
"""An invitation was taken back just now."""
LIMITED = "signin.error.rate_limited"


@page_endpoint("GET /admin/agents", permission="agent.manage", query=[SAVED, BACK])
async def show_agents(ask: PageAsk) -> Response:
    """Show agents and invitations."""
    return await _list(ask)


@page_endpoint("POST /admin/agents", permission="agent.manage", audited={"invitation.made"}, step_up=True)
async def invite(ask: PageAsk) -> Response:
    """Invite somebody. Where no mail is sent the answer itself shows the link, the only time anything does."""
    email, role = ask.form.get("email", ""), ask.form.get("role", "")
    try:
        made = await inviting.invite(ask.services, _inviter(ask), email, role)
    except InvalidField as error:
        why = error.extra.get("why")
        return await _list(ask, ask.form, {"email": f"invitation.error.{why}"} if why else named(error), status=422)
    except RateLimited as error:
        return await _list(ask, ask.form, {"email": "invitation.error.enough"}, status=error.status)
    return await _list(ask, made=made, status=201)


@page_endpoint(
    "POST /admin/invitations/{id}/send", permission="agent.manage", audited={"invitation.sent_again"}, step_up=True
)
async def send_again(ask: PageAsk) -> Response:
    """Send one again, with a new link."""
    return await _list(ask, made=await inviting.send_again(ask.services, _inviter(ask), ask.path["id"]))


@page_endpoint("POST /admin/invitations/{id}/delete", permission="agent.manage", audited={"invitation.taken_back"})
async def take_back(ask: PageAsk) -> Response:
    """Take one back."""
    await inviting.take_back(ask.services, _inviter(ask), ask.path["id"])
    return RedirectResponse(f"{LIST}?back=1", 303)


@page_endpoint("GET /invitation", audience="anybody")
async def arrive(ask: PageAsk) -> Response:
    """Show the page that a link opens: its script takes the secret out of the address and posts it here."""
    return ask.page("mailed-link.html", action=PATH, title="invitation.title")


@page_endpoint(
    "POST /invitation", audience="anybody", audited={"invitation.accepted", "invitation.refused", "agent.signed_in"}
)
async def accept(ask: PageAsk) -> Response:
    """Show who has a link what it invites to, and make an agent of them by the form that they post."""
    form, network = ask.form, network_of(ask.request)
    link, name = form.get("link", ""), form.get("name", "")
    try:
        opened = await accepting.open_link(ask.services, link, network)
        errors = _typed_wrong(form)
        if "password" not in form or errors:
            return _joining(ask, opened, name, errors)
        signed_in = await accepting.accept(ask.services, link, name, form["password"], network)
    except (InvalidField, NotNow, RateLimited) as error:
        field = str(error.extra.get("field", "link"))
        if field == "link":
            return _refused(ask, error)
        said = f"password.error.{error.extra['why']}" if field == "password" else f"field.{field}"
        return _joining(ask, opened, name, {field: said})
    return session.signed_in(ask, signed_in, "/inbox")


def _typed_wrong(form: Form) -> Errors:
    return {} if form.get("password", "") == form.get("again", "") else {"again": "password.error.again"}


def _inviter(ask: PageAsk) -> Inviter:
    return inviting.inviter(ask.reader.actor, locale_of(ask.request))


async def _list(
    ask: PageAsk, form: Form | None = None, errors: Errors | None = None, made: Invited | None = None, status: int = 200
) -> Response:
    more: dict[str, Any] = {
        "invitations": await views.invitations(ask.services, ask.reader.actor),
        "mails": ask.services.mails_links,
        "back": BACK.name in ask.request.query_params,
        "made": made and made.view,
        "link": f"{own_origin(ask.request)}{made.path}" if made and made.path else "",
    }
    return await agents.page(ask, "admin-people.html", form, errors, status, **more)


def _joining(ask: PageAsk, opened: accepting.OpenedInvitation, name: str, errors: Errors) -> Response:
    given = {"link": ask.form.get("link", ""), "name": name, "opened": opened}
    return ask.page("invitation.html", 422 if errors else 200, errors=errors, **given)


def _refused(ask: PageAsk, error: LetheError) -> Response:
    why = "limited" if isinstance(error, RateLimited) else error.extra.get("why", "gone")
    return ask.page("invitation-refused.html", error.status, why=f"invitation.refused.{why}")
