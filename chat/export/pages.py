"""The owner's page of exports: what they give, and every archive there is, how far it is and until when."""

from __future__ import annotations

from starlette.responses import Response

from chat.account.actions import accounts
from chat.export.actions import exports
from chat.web.forms import saved, settings_form, typed_settings
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

SHOWN = 100
SETTINGS = "exports"


@page_endpoint("GET /admin/exports", permission="export.list", query=[SAVED])
async def show_exports(ask: PageAsk) -> Response:
    """Show what exports give, and those there are."""
    items, _ = await exports.page(ask.services, ask.actor, None, SHOWN)
    form = settings_form(ask.settings(SETTINGS), ask.reader.account)
    return ask.page("admin-exports.html", form=form, settings=ask.settings(SETTINGS), exports=items)


@page_endpoint("POST /admin/exports", permission="account.change", audited={"account.changed"}, step_up=True)
async def save_exports(ask: PageAsk) -> Response:
    """Save what exports give."""
    await accounts.change_account(ask.services, ask.actor, **typed_settings(ask.settings(SETTINGS), ask.form))
    return saved("/admin/exports")


@page_endpoint("POST /admin/exports/{id}/delete", permission="export.delete")
async def delete_export(ask: PageAsk) -> Response:
    """Delete one before it expires."""
    await exports.drop(ask.services, ask.actor, ask.path["id"])
    return saved("/admin/exports")
