"""The owner's page about a site: where the chat stands, how it looks, what it asks, what its privacy page says."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.account.actions import accounts
from chat.account.actions import forms as asking
from chat.core.errors import InvalidField, NotFound
from chat.core.model import FIELD_ASKS, LOCALES, Account, Site
from chat.web.context import context_of
from chat.web.forms import Errors, Form, just_saved, manager, named, posted, saved, whole
from chat.web.network import own_origin
from chat.web.pages import Reader, page
from chat.web.parameters import takes

RATES = ("message_rate", "agreement_rate")


def routes() -> list[Route]:
    """Return the page and what its form posts to."""
    return [Route("/admin/site", show_site), Route("/admin/site", save_site, methods=["POST"])]


@takes("saved")
async def show_site(request: Request) -> Response:
    """`GET /admin/site`."""
    who = await manager(request)
    site = await first_site(request, who)
    return await _shown(request, who, _form(site, who.account), {})


async def save_site(request: Request) -> Response:
    """`POST /admin/site`: the site's look, origins and fields, and the account's limits."""
    who, form = await posted(request)
    services, site = context_of(request).services, await first_site(request, who)
    try:
        rates = {name: whole(name, form.get(name, "")) for name in RATES}
        await accounts.change_site(
            services,
            who.actor,
            site.id,
            name=form.get("name", ""),
            origins=form.get("origins", "").splitlines(),
            color=form.get("color", ""),
            fields={each: form.get(f"field_{each}", "off") for each in asking.KNOWN},
            custom_fields=_custom(form),
            alternative=form.get("alternative", ""),
            privacy_note=form.get("privacy_note", ""),
        )
        await accounts.change_account(services, who.actor, **rates)
    except InvalidField as error:
        typed = _form(site, who.account) | form
        return await _shown(request, who, typed, named(error), 422)
    return saved("/admin/site")


async def first_site(request: Request, who: Reader) -> Site:
    """Return the account's site."""
    found = await accounts.sites(context_of(request).services, who.actor)
    if not found:
        raise NotFound("This account has no site")  # one whose row does not hold is none
    return found[0]


def _custom(form: Form) -> list[dict[str, Any]]:
    """Return the site's own fields as typed: one that is not asked any more is left out, and the empty row too."""
    made = []
    for n in range(asking.CUSTOM_MOST):
        known, ask = form.get(f"custom_{n}_id", ""), form.get(f"custom_{n}_ask", "off")
        labels = {locale: form.get(f"custom_{n}_{locale}", "") for locale in LOCALES}
        if ask != "off" and (known or any(text.strip() for text in labels.values())):
            made.append({"id": known, "labels": labels, "required": ask == "required"})
    return made


def _form(site: Site, account: Account) -> Form:
    form = {
        "name": site.name,
        "origins": "\n".join(site.origins),
        "color": site.color,
        "alternative": site.alternative,
        "privacy_note": site.privacy_note,
        **{name: str(getattr(account, name)) for name in RATES},
    } | {f"field_{name}": site.fields.get(name, "off") for name in asking.KNOWN}
    empty: dict[str, Any] = {"id": "", "labels": {}, "required": False}
    for n, each in enumerate([*site.custom_fields, empty][: asking.CUSTOM_MOST]):
        form |= {f"custom_{n}_id": each["id"], f"custom_{n}_ask": "required" if each["required"] else "optional"}
        form |= {f"custom_{n}_{locale}": each["labels"].get(locale, "") for locale in LOCALES}
    return form


async def _shown(request: Request, who: Reader, form: Form, errors: Errors, status: int = 200) -> Response:
    site, server = await first_site(request, who), own_origin(request)
    more = {
        "form": form,
        "errors": errors,
        "snippet": f'<script async src="{server}/widget.js" data-site="{site.key}"></script>',
        "privacy_page": f"{server}/privacy/{site.key}",
        "refused": context_of(request).refused.origins(site.id, site.origins),
        "asks": FIELD_ASKS,
        "known": asking.KNOWN,
        "rows": [n for n in range(asking.CUSTOM_MOST) if f"custom_{n}_id" in form],
    }
    return page(request, "admin-site.html", who, status, saved=just_saved(request), **more)
