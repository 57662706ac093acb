"""
The page of contacts, which the browser fills over REST, and the one on which two contacts are taken for one person: it
shows both before it is done, as it cannot be undone.
"""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from chat.account.actions import accounts
from chat.core import access
from chat.core.errors import BeingErased, InvalidField, NotFound, NotNow
from chat.profiles.actions import merging, profiles
from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.pages import locale_of
from chat.web.spoken import spoken

ERRORS = {BeingErased: "merge.error.erased", InvalidField: "merge.error.other", NotNow: "merge.error.held"}


async def shell(ask: PageAsk) -> Response:
    """Return the page with what its scripts begin with. Who is shown beside the list is read in the browser."""
    who, locale = ask.reader, locale_of(ask.request, ask.reader)
    sites = await accounts.sites(ask.services, who.actor) if access.can(who.actor, "site.read") else []
    boot = {
        "csrf": who.csrf,
        "agent": {
            "id": who.agent.id,
            "name": who.agent.name,
            "portrait": who.agent.portrait,
            "permissions": sorted(who.actor.permissions),
        },
        "sites": [{"id": each.id, "name": each.name} for each in sites],
        "locale": locale,
        "time_zone": who.agent.preferences.time_zone,
        "strings": spoken("/static/contacts.js", ask.services.gathered.locales, locale),
    }
    return ask.page("contacts.html", boot=boot)


show_contacts = page_endpoint("GET /contacts", permission="contact.read")(shell)
show_contact = page_endpoint("GET /contacts/{id}", permission="contact.read")(shell)


@page_endpoint("GET /admin/contacts/{id}/merge", permission="contact.merge", audited={"contact.viewed"})
async def show_merge(ask: PageAsk) -> Response:
    """Show who it is, and ask who is the same person."""
    return await _shown(ask)


@page_endpoint(
    "POST /admin/contacts/{id}/merge",
    permission="contact.merge",
    audited={"contact.merged", "contact.viewed", "contacts.listed", "hold.placed"},
    step_up=True,
)
async def merge(ask: PageAsk) -> Response:
    """Show both, and on `confirmed` take them for one person."""
    services, actor, uid = ask.services, ask.actor, ask.path["id"]
    typed, chosen = ask.form.get("other", "").strip(), ask.form.get("confirmed", "")
    try:
        if chosen:
            return RedirectResponse(f"/contacts/{await merging.merge(services, actor, uid, chosen)}", 303)
        found = await merging.candidates(services, actor, uid, typed)
    except (BeingErased, InvalidField, NotNow) as error:
        return await _shown(ask, typed, ERRORS[type(error)], 422)
    except NotFound:
        return await _shown(ask, typed, "merge.error.other", 422)
    return ask.page("admin-merge.html", contact=await profiles.one(services, actor, uid), found=found, other=typed)


async def _shown(ask: PageAsk, other: str = "", error: str = "", status: int = 200) -> Response:
    contact = await profiles.one(ask.services, ask.actor, ask.path["id"])
    errors = {"other": error} if error else {}
    return ask.page("admin-merge.html", status, errors=errors, contact=contact, found=[], other=other)
