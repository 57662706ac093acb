"""
The owner's page about the notice: a plain form that is answered with a redirect, or shown again with what was typed and
what is wrong.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.account.pages import first_site
from chat.consent.actions import notices
from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotNow
from chat.core.model import LOCALES, Notice, NoticeText
from chat.web.forms import Errors, Form, named, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.widget import strings as widget_strings

TEXTS = ("text", "chat_label", "training_label")


@page_endpoint("GET /admin/notice", permission="notice.publish", query=[SAVED])
async def show_notice(ask: PageAsk) -> Response:
    """Show the notice in force, to write the next one."""
    published = await notices.versions(ask.services, ask.actor)
    form = _notice_form(published[0] if published else None)
    return await _notice_page(ask, published, form, {})


@page_endpoint("POST /admin/notice", permission="notice.publish", audited={"notice.published"})
async def publish_notice(ask: PageAsk) -> Response:
    """
    Publish a version in every language that was written.

    Where one is in force already, what differs and how many chats would wait is shown first, and `confirmed` publishes.
    """
    form = ask.form
    texts = _notice_texts(form)
    if form.pop("back", ""):
        return await _notice_again(ask, {}, 200)
    try:
        changes, running = await notices.changes(ask.services, ask.actor, texts)
        if ask.reader.account.notice_version is not None and changes and "confirmed" not in form:
            return ask.page("admin-notice-confirm.html", changes=changes, running=running, form=form)
        await notices.publish(ask.services, ask.actor, texts)
    except InvalidField as error:
        return await _notice_again(ask, named(error), 422)
    except NotNow:
        return await _notice_again(ask, {"publish": "notice.unchanged"}, 409)
    return saved("/admin/notice")


async def _notice_again(ask: PageAsk, errors: Errors, status: int) -> Response:
    published = await notices.versions(ask.services, ask.actor)
    return await _notice_page(ask, published, _notice_form(None) | ask.form, errors, status)


def _notice_form(notice: Notice | None) -> Form:
    """Return the fields of a notice, named `en.text` and so on, or empty where there is none."""
    texts = notice.texts if notice else {}
    form = {f"{locale}.{field}": getattr(texts.get(locale), field, "") for locale in LOCALES for field in TEXTS}
    return form | {"privacy_url": next((each.privacy_url for each in texts.values()), "")}


def _notice_texts(form: Form) -> list[NoticeText]:
    """Return what was written, leaving out a language of which nothing was. The first is never left out."""
    texts = []
    for locale in LOCALES:
        written = {field: form.get(f"{locale}.{field}", "").strip() for field in TEXTS}
        if any(written.values()) or locale == LOCALES[0]:
            url = form.get("privacy_url", "").strip()
            texts.append(NoticeText(locale=locale, privacy_url=url, **written))
    return texts


async def _notice_page(
    ask: PageAsk, published: list[Notice], form: Form, errors: Errors, status: int = 200
) -> Response:
    more: dict[str, Any] = {
        "form": form,
        "unsaved": ask.request.method == "POST",
        "site": await first_site(ask),
        "versions": [_version(each) for each in published],
        "widget": {each: widget_strings(each) for each in LOCALES},
    }
    return ask.page("admin-notice.html", status, errors=errors, **more)


def _version(notice: Notice) -> dict[str, Any]:
    return {"version": notice.version, "at": stamp(notice.published_at), "texts": notice.texts}
