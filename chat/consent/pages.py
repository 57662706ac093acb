"""
The owner's page about the notice: a plain form that is answered with a redirect, or shown again with what was typed and
what is wrong.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.account.pages import first_site
from chat.consent.actions import notices
from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotNow
from chat.core.model import LOCALES, Notice, NoticeText
from chat.web.context import context_of
from chat.web.forms import Errors, Form, just_saved, manager, named, posted, saved
from chat.web.pages import Reader, page
from chat.web.parameters import takes
from chat.web.widget import strings as widget_strings

TEXTS = ("text", "chat_label", "training_label")


def routes() -> list[Route]:
    """Return the page and what its form posts to."""
    return [
        Route("/admin/notice", show_notice),
        Route("/admin/notice", publish_notice, methods=["POST"]),
    ]


@takes("saved")
async def show_notice(request: Request) -> Response:
    """`GET /admin/notice`."""
    who = await manager(request)
    published = await notices.versions(context_of(request).services, who.actor)
    form = _notice_form(published[0] if published else None)
    return await _notice_page(request, who, published, form, {})


async def publish_notice(request: Request) -> Response:
    """
    `POST /admin/notice`: publish a version in every language that was written; where one is in force already, what
    differs and how many chats would wait is shown first, and `confirmed` publishes.
    """
    who, form = await posted(request)
    services, texts = context_of(request).services, _notice_texts(form)
    if form.pop("back", ""):
        return await _notice_again(request, who, form, {}, 200)
    try:
        changes, running = await notices.changes(services, who.actor, texts)
        if who.account.notice_version is not None and changes and "confirmed" not in form:
            more: dict[str, Any] = {"changes": changes, "running": running, "form": form}
            return page(request, "admin-notice-confirm.html", who, errors={}, saved=False, **more)
        await notices.publish(services, who.actor, texts)
    except InvalidField as error:
        return await _notice_again(request, who, form, named(error), 422)
    except NotNow:
        return await _notice_again(request, who, form, {"publish": "notice.unchanged"}, 409)
    return saved("/admin/notice")


async def _notice_again(request: Request, who: Reader, form: Form, errors: Errors, status: int) -> Response:
    published = await notices.versions(context_of(request).services, who.actor)
    return await _notice_page(request, who, published, _notice_form(None) | form, errors, status)


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
    more: dict[str, Any] = {
        "form": form,
        "errors": errors,
        "saved": just_saved(request),
        "unsaved": request.method == "POST",
        "site": await first_site(request, who),
        "versions": [_version(each) for each in published],
        "widget": {each: widget_strings(each) for each in LOCALES},
    }
    return page(request, "admin-notice.html", who, status, **more)


def _version(notice: Notice) -> dict[str, Any]:
    return {"version": notice.version, "at": stamp(notice.published_at), "texts": notice.texts}
