"""Pages: asking for a link, the page that a link opens, and setting a password there."""

from __future__ import annotations

from starlette.responses import Response

from chat.core.errors import InvalidField, LetheError, NotFound, RateLimited
from chat.password_resets.actions import asking, using
from chat.web.authentication import network_of, own_origin
from chat.web.forms import Errors, named
from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.pages import locale_of

LIMITED = "signin.error.rate_limited"


@page_endpoint("GET /password/forgotten", audience="anybody")
async def forgotten(ask: PageAsk) -> Response:
    """Show the form, or whom to ask where the server sends no mail."""
    return _forgotten(ask)


@page_endpoint("POST /password/forgotten", audience="anybody", audited={"agent.reset_link_made"})
async def ask_link(ask: PageAsk) -> Response:
    """Mail a link. The answer is the same whether or not anybody signs in with the address."""
    email = ask.form.get("email", "").strip()
    try:
        await asking.ask(ask.services, email, network_of(ask.request), locale_of(ask.request))
    except InvalidField as error:
        return _forgotten(ask, email, named(error), error.status)
    except NotFound as error:
        return _forgotten(ask, email, status=error.status)
    except RateLimited as error:
        return _forgotten(ask, email, {"whole": LIMITED}, error.status)
    return _forgotten(ask, email, asked=True)


@page_endpoint("GET /password/reset", audience="anybody")
async def arrive(ask: PageAsk) -> Response:
    """Show the page that a link opens: its script takes the secret out of the address and posts it here."""
    return ask.page("mailed-link.html", action=asking.PATH, title="reset.title")


@page_endpoint("POST /password/reset", audience="anybody", audited={"agent.password_changed"})
async def reset(ask: PageAsk) -> Response:
    """Show the form to who has a link, and set the password that they give in it."""
    link = ask.form.get("link", "")
    try:
        opened = await using.open_link(ask.services, link, network_of(ask.request))
        if "password" not in ask.form:
            return _reset(ask, link, opened)
        errors = await _set(ask, link)
    except (InvalidField, RateLimited) as error:
        return _refused(ask, error)
    return _reset(ask, link, opened, errors) if errors else ask.page("password-reset-done.html", email=opened.email)


@page_endpoint(
    "POST /admin/agents/{id}/password-link", permission="agent.manage", audited={"agent.reset_link_made"}, step_up=True
)
async def make_link(ask: PageAsk) -> Response:
    """Mail an agent a link to set a password by. Where no mail is sent the answer itself shows it, once."""
    return await show_link(ask)


async def show_link(ask: PageAsk) -> Response:
    """Make a link for the agent in the address. Answer that it is mailed, or with the link itself, this once."""
    made = await asking.make(ask.services, ask.actor, ask.path["id"])
    link = f"{own_origin(ask.request)}{made.path}" if made.path else ""
    return ask.page("admin-password-link.html", link=link, name=made.name)


async def _set(ask: PageAsk, link: str) -> Errors:
    """Set the password that was typed, or return what is wrong with it."""
    password = ask.form["password"]
    if password != ask.form.get("again", ""):
        return {"again": "password.error.again"}
    try:
        await using.use(ask.services, link, password, network_of(ask.request), locale_of(ask.request))
    except InvalidField as error:
        if error.extra["field"] != "password":
            raise
        return {"password": f"password.error.{error.extra['why']}"}
    return {}


def _forgotten(
    ask: PageAsk, email: str = "", errors: Errors | None = None, status: int = 200, *, asked: bool = False
) -> Response:
    mails = ask.services.mails_links
    return ask.page("password-forgotten.html", status, errors=errors, email=email, asked=asked, mails=mails)


def _reset(ask: PageAsk, link: str, opened: using.OpenedReset, errors: Errors | None = None) -> Response:
    status = 422 if errors else 200
    return ask.page("password-reset.html", status, errors=errors, link=link, email=opened.email, account=opened.account)


def _refused(ask: PageAsk, error: LetheError) -> Response:
    why = LIMITED if isinstance(error, RateLimited) else "reset.stale"
    return ask.page("password-reset-refused.html", error.status, why=why)
