"""The owner's pages of the sites: where the chat stands, how it looks, what it asks, what its privacy page says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import RedirectResponse, Response

from chat.account.actions import accounts, sites
from chat.account.actions import forms as asking
from chat.account.actions.sites import SiteChange
from chat.core.account_settings import Setting
from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.model import CORNERS, FIELD_ASKS, LOCALES, Account, CustomField, Site
from chat.web.authentication import own_origin
from chat.web.forms import Errors, Form, named, saved, settings_form, typed_settings
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE, PAGES = "site", "/admin/sites"


@page_endpoint("GET /admin/sites", permission="site.change", query=[SAVED])
async def show_sites(ask: PageAsk) -> Response:
    """Show the account's sites."""
    return await _all(ask)


@page_endpoint("POST /admin/sites", permission="site.change", audited={"site.made"})
async def add_site(ask: PageAsk) -> Response:
    """Make one, and lead to its page, which has the line to paste."""
    form = {name: ask.form.get(name, "") for name in ("name", "origins")}
    try:
        made = await sites.make(ask.services, ask.actor, SiteChange(form["name"], form["origins"].splitlines()))
    except InvalidField as error:
        return await _all(ask, form, named(error), 422)
    except NotNow:
        return await _all(ask, form, {"name": "sites.error.many"}, 422)
    return RedirectResponse(f"{PAGES}/{made.id}", 303)


@page_endpoint("GET /admin/sites/{id}", permission="site.change", query=[SAVED])
async def show_one_site(ask: PageAsk) -> Response:
    """Show one as it is."""
    return await _shown(ask, await _chosen(ask))


@page_endpoint("POST /admin/sites/{id}", permission="site.change", audited={"site.changed", "account.changed"})
async def save_one_site(ask: PageAsk) -> Response:
    """Save one's look, origins and fields, and the account's limits."""
    return await _saved(ask, await _chosen(ask), f"{PAGES}/{ask.path['id']}")


@page_endpoint("POST /admin/sites/{id}/delete", permission="site.change", audited={"site.deleted"}, step_up=True)
async def delete_site(ask: PageAsk) -> Response:
    """Delete one."""
    await sites.delete(ask.services, ask.actor, ask.path["id"])
    return saved(PAGES)


@page_endpoint("GET /admin/site", permission="site.change", query=[SAVED])
async def show_site(ask: PageAsk) -> Response:
    """Show the first site as it is."""
    return await _shown(ask, await first_site(ask))


@page_endpoint("POST /admin/site", permission="site.change", audited={"site.changed", "account.changed"})
async def save_site(ask: PageAsk) -> Response:
    """Save the first site's look, origins and fields, and the account's limits."""
    return await _saved(ask, await first_site(ask), "/admin/site")


async def _saved(ask: PageAsk, site: Site, after: str) -> Response:
    form = ask.form
    try:
        settings = typed_settings(ask.settings(PAGE), form)
        await accounts.change_site(
            ask.services,
            ask.actor,
            site.id,
            name=form.get("name", ""),
            origins=form.get("origins", "").splitlines(),
            color=form.get("color", ""),
            position=form.get("position", "end"),
            fields={each: form.get(f"field_{each}", "off") for each in (*asking.KNOWN, asking.DEPARTMENT)},
            custom_fields=_custom(form),
            alternative=form.get("alternative", ""),
            privacy_note=form.get("privacy_note", ""),
        )
        await accounts.change_account(ask.services, ask.actor, **settings)
    except InvalidField as error:
        return await _shown(ask, site, form, named(error, ask.settings(PAGE)), 422)
    return saved(after)


async def _chosen(ask: PageAsk) -> Site:
    """Return the site that the address names. Raises NotFound where the account has none such."""
    found = [each for each in await accounts.sites(ask.services, ask.actor) if each.id == ask.path["id"]]
    if not found:
        raise NotFound("No such site")
    return found[0]


async def first_site(ask: PageAsk) -> Site:
    """Return the account's first site."""
    found = await accounts.sites(ask.services, ask.actor)
    if not found:
        raise NotFound("This account has no site")  # one whose row does not hold is none
    return found[0]


def _custom(form: Form) -> list[CustomField]:
    """Return the site's own fields as typed: one that is not asked any more is left out, and the empty row too."""
    made = []
    for n in range(asking.CUSTOM_MOST):
        known, ask = form.get(f"custom_{n}_id", ""), form.get(f"custom_{n}_ask", "off")
        labels = {locale: form.get(f"custom_{n}_{locale}", "") for locale in LOCALES}
        if ask != "off" and (known or any(text.strip() for text in labels.values())):
            made.append(CustomField(known, labels, ask == "required"))
    return made


def _form(site: Site, account: Account, settings: Iterable[Setting[Any]]) -> Form:
    form = {
        "name": site.name,
        "origins": "\n".join(site.origins),
        "color": site.color,
        "position": site.position,
        "alternative": site.alternative,
        "privacy_note": site.privacy_note,
        **settings_form(settings, account),
    } | {f"field_{name}": site.fields.get(name, "off") for name in (*asking.KNOWN, asking.DEPARTMENT)}
    for n, each in enumerate([*site.custom_fields, CustomField()][: asking.CUSTOM_MOST]):
        form |= {f"custom_{n}_id": each.id, f"custom_{n}_ask": "required" if each.required else "optional"}
        form |= {f"custom_{n}_{locale}": each.labels.get(locale, "") for locale in LOCALES}
    return form


def _snippet(server: str, site: Site) -> str:
    """Return the line to paste. It says the corner, so that the button stands there before anything is asked."""
    corner = "" if site.position == "end" else f' data-position="{site.position}"'
    return f'<script async src="{server}/widget.js" data-site="{site.key}"{corner}></script>'


async def _all(ask: PageAsk, form: Form | None = None, errors: Errors | None = None, status: int = 200) -> Response:
    more = {"sites": await sites.listed(ask.services, ask.actor), "form": form or {"name": "", "origins": ""}}
    return ask.page("admin-sites.html", status, errors=errors, **more)


async def _shown(
    ask: PageAsk, site: Site, typed: Form | None = None, errors: Errors | None = None, status: int = 200
) -> Response:
    """Show a site as it is, or as it was typed."""
    server = own_origin(ask.request)
    known, form = await accounts.sites(ask.services, ask.actor), _form(site, ask.reader.account, ask.settings(PAGE))
    more: dict[str, Any] = {
        "form": form | (typed or {}),
        "site": site,
        "several": len(known) > 1,
        "here": f"{PAGES}/{site.id}" if "id" in ask.path else "/admin/site",
        "path": f"{PAGES}/{site.id}",  # the menu's line is that of all sites
        "snippet": _snippet(server, site),
        "corners": CORNERS,
        "privacy_page": f"{server}/privacy/{site.key}",
        "refused": ask.context.refused.origins(site.id, site.origins),
        "asks": FIELD_ASKS,
        "settings": ask.settings(PAGE),
        "known": [(each, FIELD_ASKS) for each in asking.KNOWN] + [(asking.DEPARTMENT, asking.DEPARTMENT_ASKS)],
    }
    more["rows"] = [n for n in range(asking.CUSTOM_MOST) if f"custom_{n}_id" in more["form"]]
    return ask.page("admin-site.html", status, errors=errors, **more)
