"""
The owner's page about the notice, of all sites or of one: a plain form that is answered with a redirect, or shown again
with what was typed and what is wrong.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.account.actions import accounts
from chat.account.pages import first_site
from chat.consent.actions import notices
from chat.consent.actions.notices import NoticeOf
from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotNow
from chat.core.model import LOCALES, Notice, NoticeText
from chat.web.forms import Errors, Form, named, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.requests import text
from chat.web.widget import strings as widget_strings

SITE = text("site")
TEXTS = ("text", "chat_label", "training_label", "mail_label")


@page_endpoint("GET /admin/notice", permission="notice.publish", query=[SAVED, SITE])
async def show_notice(ask: PageAsk) -> Response:
    """Show the account's notice that is in force, or a site's, to write the next one."""
    of = await notices.versions(ask.services, ask.actor, ask.query(SITE) or None)
    return await _notice_page(ask, of, _notice_form(of.live), {})


@page_endpoint("POST /admin/notice", permission="notice.publish", audited={"notice.published"})
async def publish_notice(ask: PageAsk) -> Response:
    """
    Publish a version in every language that was written.

    Where one is in force already, what differs and how many chats would wait is shown first, and `confirmed` publishes.
    """
    form, site_id = ask.form, ask.form.get("site") or None
    texts, of = _notice_texts(form), await notices.versions(ask.services, ask.actor, site_id)
    if form.pop("back", ""):
        return await _notice_again(ask, of, {}, 200)
    try:
        changes, running = await notices.changes(ask.services, ask.actor, texts, site_id)
        if of.live is not None and changes and "confirmed" not in form:
            return ask.page("admin-notice-confirm.html", changes=changes, running=running, form=form, of=of)
        await notices.publish(ask.services, ask.actor, texts, site_id)
    except InvalidField as error:
        return await _notice_again(ask, of, named(error), 422)
    except NotNow:
        return await _notice_again(ask, of, {"publish": "notice.unchanged"}, 409)
    return _saved(site_id)


@page_endpoint("POST /admin/notice/{site}/end", permission="notice.publish", audited={"notice.ended"})
async def end_notice(ask: PageAsk) -> Response:
    """Let the account's notice be in force at a site again."""
    await notices.end(ask.services, ask.actor, ask.path["site"])
    return _saved(ask.path["site"])


def _saved(site_id: str | None) -> Response:
    return saved("/admin/notice", **({"site": site_id} if site_id else {}))


async def _notice_again(ask: PageAsk, of: NoticeOf, errors: Errors, status: int) -> Response:
    return await _notice_page(ask, of, _notice_form(None) | ask.form, errors, status)


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


async def _notice_page(ask: PageAsk, of: NoticeOf, form: Form, errors: Errors, status: int = 200) -> Response:
    sites = await accounts.sites(ask.services, ask.actor)
    own = [each for each in sites if each.notice_version is not None]
    more: dict[str, Any] = {
        "form": form,
        "unsaved": ask.request.method == "POST",
        "of": of,
        "site": of.site or await first_site(ask),
        "sites": sites if own or len(sites) > 1 else [],
        "own": own,
        "live": of.live and _version(of.live),
        "versions": [_version(each) for each in of.versions],
        "widget": {each: widget_strings(each) for each in LOCALES},
    }
    return ask.page("admin-notice.html", status, errors=errors, **more)


def _version(notice: Notice) -> dict[str, Any]:
    return {"version": notice.version, "at": stamp(notice.published_at), "texts": notice.texts}
