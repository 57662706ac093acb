"""The owner's page about a site: where the chat stands, how it looks, what it asks, what its privacy page says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from starlette.responses import Response

from chat.account.actions import accounts
from chat.account.actions import forms as asking
from chat.core.account_settings import Setting
from chat.core.errors import InvalidField, NotFound
from chat.core.model import FIELD_ASKS, LOCALES, Account, CustomField, Site
from chat.web.authentication import own_origin
from chat.web.forms import Errors, Form, named, saved, settings_form, typed_settings
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "site"


@page_endpoint("GET /admin/site", permission="site.change", query=[SAVED])
async def show_site(ask: PageAsk) -> Response:
    """Show the site as it is."""
    site = await first_site(ask)
    return await _shown(ask, _form(site, ask.reader.account, ask.settings(PAGE)), {})


@page_endpoint("POST /admin/site", permission="site.change", audited={"site.changed", "account.changed"})
async def save_site(ask: PageAsk) -> Response:
    """Save the site's look, origins and fields, and the account's limits."""
    form, site = ask.form, await first_site(ask)
    try:
        settings = typed_settings(ask.settings(PAGE), form)
        await accounts.change_site(
            ask.services,
            ask.actor,
            site.id,
            name=form.get("name", ""),
            origins=form.get("origins", "").splitlines(),
            color=form.get("color", ""),
            fields={each: form.get(f"field_{each}", "off") for each in asking.KNOWN},
            custom_fields=_custom(form),
            alternative=form.get("alternative", ""),
            privacy_note=form.get("privacy_note", ""),
        )
        await accounts.change_account(ask.services, ask.actor, **settings)
    except InvalidField as error:
        typed = _form(site, ask.reader.account, ask.settings(PAGE)) | form
        return await _shown(ask, typed, named(error, ask.settings(PAGE)), 422)
    return saved("/admin/site")


async def first_site(ask: PageAsk) -> Site:
    """Return the account's site."""
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
        "alternative": site.alternative,
        "privacy_note": site.privacy_note,
        **settings_form(settings, account),
    } | {f"field_{name}": site.fields.get(name, "off") for name in asking.KNOWN}
    for n, each in enumerate([*site.custom_fields, CustomField()][: asking.CUSTOM_MOST]):
        form |= {f"custom_{n}_id": each.id, f"custom_{n}_ask": "required" if each.required else "optional"}
        form |= {f"custom_{n}_{locale}": each.labels.get(locale, "") for locale in LOCALES}
    return form


async def _shown(ask: PageAsk, form: Form, errors: Errors, status: int = 200) -> Response:
    site, server = await first_site(ask), own_origin(ask.request)
    more = {
        "form": form,
        "snippet": f'<script async src="{server}/widget.js" data-site="{site.key}"></script>',
        "privacy_page": f"{server}/privacy/{site.key}",
        "refused": ask.context.refused.origins(site.id, site.origins),
        "asks": FIELD_ASKS,
        "settings": ask.settings(PAGE),
        "known": asking.KNOWN,
        "rows": [n for n in range(asking.CUSTOM_MOST) if f"custom_{n}_id" in form],
    }
    return ask.page("admin-site.html", status, errors=errors, **more)
