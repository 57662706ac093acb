"""
The owner's pages: plain forms that are answered with a redirect, or shown again with what was typed and what is
wrong.
"""

from __future__ import annotations

import hmac
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.actions.privacy import consent
from chat.actions.team import accounts, agents
from chat.clock import stamp
from chat.errors import Forbidden, InvalidField
from chat.model import FIELD_ASKS, LOCALES, Account, Notice, NoticeText, Site
from chat.web.doors import doors_of, own_origin
from chat.web.html.pages import Reader, day, locale_of, page, reader
from chat.web.html.session import form_of
from chat.web.widget import strings as widget_strings

Form = dict[str, str]
Errors = dict[str, str]
TEXTS = ("text", "chat_label", "training_label")


def routes() -> list[Route]:
    """Return the owner's pages and what their forms post to."""
    return [
        Route("/admin/site", show_site),
        Route("/admin/site", save_site, methods=["POST"]),
        Route("/admin/notice", show_notice),
        Route("/admin/notice", publish_notice, methods=["POST"]),
        Route("/admin/agents", show_agents),
        Route("/admin/agents", add_agent, methods=["POST"]),
        Route("/admin/agents/{id}/deactivate", deactivate_agent, methods=["POST"]),
    ]


async def show_site(request: Request) -> Response:
    """`GET /admin/site`."""
    who = await _manager(request)
    site = await _site(request, who)
    return await _site_page(request, who, _site_form(site, who.account), {})


async def save_site(request: Request) -> Response:
    """`POST /admin/site`: the site's look and origins, and the account's limit on messages."""
    who, form = await _posted(request)
    desk, site = doors_of(request).desk, await _site(request, who)
    try:
        rate = _whole(form.get("message_rate", ""))
        await accounts.change_site(
            desk,
            who.actor,
            site.id,
            name=form.get("name", ""),
            origins=form.get("origins", "").splitlines(),
            color=form.get("color", ""),
            fields={each: form.get(f"field_{each}", "off") for each in ("name", "email")},
            alternative=form.get("alternative", ""),
        )
        await accounts.change_account(desk, who.actor, message_rate=rate)
    except InvalidField as error:
        typed = _site_form(site, who.account) | form
        return await _site_page(request, who, typed, _named(error), 422)
    return _saved("/admin/site")


async def show_notice(request: Request) -> Response:
    """`GET /admin/notice`."""
    who = await _manager(request)
    published = await consent.notices(doors_of(request).desk, who.actor)
    form = _notice_form(published[0] if published else None)
    return await _notice_page(request, who, published, form, {})


async def publish_notice(request: Request) -> Response:
    """`POST /admin/notice`: publish a version in every language that was written."""
    who, form = await _posted(request)
    desk = doors_of(request).desk
    try:
        await consent.publish(desk, who.actor, _notice_texts(form))
    except InvalidField as error:
        published = await consent.notices(desk, who.actor)
        typed = _notice_form(None) | form
        return await _notice_page(request, who, published, typed, _named(error), 422)
    return _saved("/admin/notice")


async def show_agents(request: Request) -> Response:
    """`GET /admin/agents`."""
    return await _agents_page(request, await _manager(request))


async def add_agent(request: Request) -> Response:
    """`POST /admin/agents`: the answer itself shows the password, the only time anything does."""
    who, form = await _posted(request)
    name, email = form.get("name", ""), form.get("email", "")
    desk = doors_of(request).desk
    try:
        made, password = await agents.add_agent(desk, who.actor, email, name, form.get("role", ""))
    except InvalidField as error:
        return await _agents_page(request, who, form, _named(error), status=422)
    created = {"name": made.name, "email": made.email, "password": password}
    return await _agents_page(request, who, created=created, status=201)


async def deactivate_agent(request: Request) -> Response:
    """`POST /admin/agents/{id}/deactivate`: signed out everywhere at once."""
    who, _ = await _posted(request)
    await agents.deactivate_agent(doors_of(request).desk, who.actor, request.path_params["id"])
    return _saved("/admin/agents")


async def _manager(request: Request) -> Reader:
    """Return who reads; Forbidden unless they may change these pages' matters."""
    who = await reader(request)
    accounts.manages(who.actor)
    return who


async def _posted(request: Request) -> tuple[Reader, Form]:
    """Return who posts, and the form; Forbidden where it does not come from our own page."""
    who, form = await _manager(request), await form_of(request)
    if not hmac.compare_digest(form.pop("csrf", ""), who.csrf):
        raise Forbidden("This form is not of this session; load its page again")
    return who, form


def _saved(path: str) -> Response:
    return RedirectResponse(f"{path}?saved=1", 303)


def _named(error: InvalidField) -> Errors:
    """Return the key of what to say, by the name the form has for the field."""
    field = str(error.extra["field"])
    shown = "privacy_url" if field.endswith(".privacy_url") else field
    return {shown: f"field.{field.rpartition('.')[2]}"}


def _whole(value: str) -> int:
    if not value.isdecimal() or len(value) > 9:  # noqa: PLR2004 - the deed says how large it may be
        raise InvalidField("This must be a whole number", field="message_rate")
    return int(value)


async def _site(request: Request, who: Reader) -> Site:
    return (await accounts.sites(doors_of(request).desk, who.actor))[0]


def _site_form(site: Site, account: Account) -> Form:
    return {
        "name": site.name,
        "origins": "\n".join(site.origins),
        "color": site.color,
        "alternative": site.alternative,
        "message_rate": str(account.message_rate),
    } | {f"field_{name}": ask for name, ask in site.fields.items()}


async def _site_page(request: Request, who: Reader, form: Form, errors: Errors, status: int = 200) -> Response:
    site, server = await _site(request, who), own_origin(request)
    snippet = f'<script async src="{server}/widget.js" data-site="{site.key}"></script>'
    more = {"form": form, "errors": errors, "snippet": snippet, "asks": FIELD_ASKS}
    return page(request, "admin-site.html", who, status, saved=_just_saved(request), **more)


def _notice_form(notice: Notice | None) -> Form:
    """Return the fields of a notice, named `en.text` and so on; empty where there is none."""
    texts = notice.texts if notice else {}
    form = {f"{locale}.{field}": getattr(texts.get(locale), field, "") for locale in LOCALES for field in TEXTS}
    return form | {"privacy_url": next((each.privacy_url for each in texts.values()), "")}


def _notice_texts(form: Form) -> list[NoticeText]:
    """Return what was written, leaving out a language of which nothing was; the first is never left out."""
    texts = []
    for locale in LOCALES:
        written = {field: form.get(f"{locale}.{field}", "").strip() for field in TEXTS}
        if any(written.values()) or locale == LOCALES[0]:
            url = form.get("privacy_url", "").strip()
            texts.append(NoticeText(locale=locale, privacy_url=url, **written))
    return texts


async def _notice_page(
    request: Request,
    who: Reader,
    published: list[Notice],
    form: Form,
    errors: Errors,
    status: int = 200,
) -> Response:
    locale = locale_of(request)
    more: dict[str, Any] = {
        "form": form,
        "errors": errors,
        "saved": _just_saved(request),
        "site": await _site(request, who),
        "versions": [_version(each, locale) for each in published],
        "widget": {each: widget_strings(each) for each in LOCALES},
    }
    return page(request, "admin-notice.html", who, status, **more)


def _version(notice: Notice, locale: str) -> dict[str, Any]:
    at = notice.published_at
    return {
        "version": notice.version,
        "at": stamp(at),
        "day": day(at, locale),
        "texts": notice.texts,
    }


async def _agents_page(
    request: Request,
    who: Reader,
    form: Form | None = None,
    errors: Errors | None = None,
    created: Form | None = None,
    status: int = 200,
) -> Response:
    more: dict[str, Any] = {
        "agents": await agents.agents(doors_of(request).desk, who.actor),
        "roles": ("agent", "admin", "owner") if who.agent.role == "owner" else ("agent", "admin"),
        "form": {"name": "", "email": "", "role": "agent"} | (form or {}),
        "errors": errors or {},
        "created": created,
        "saved": _just_saved(request),
    }
    return page(request, "admin-agents.html", who, status, **more)


def _just_saved(request: Request) -> bool:
    return "saved" in request.query_params
