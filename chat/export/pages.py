"""The owner's page of exports: what they give, and every archive there is, how far it is and until when."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.account.actions import accounts
from chat.core.model import Account
from chat.export.actions import exports
from chat.web.context import context_of
from chat.web.forms import Errors, Form, just_saved, manager, posted, saved
from chat.web.pages import Reader, page
from chat.web.parameters import takes

SHOWN = 100
SWITCHES = ("export_agent_names", "export_notes")


def routes() -> list[Route]:
    """Return the page and what its form posts to."""
    return [
        Route("/admin/exports", show_exports),
        Route("/admin/exports", save_exports, methods=["POST"]),
        Route("/admin/exports/{id}/delete", delete_export, methods=["POST"]),
    ]


@takes("saved")
async def show_exports(request: Request) -> Response:
    """`GET /admin/exports`."""
    who = await manager(request)
    return await _page(request, who, _form(who.account), {})


async def save_exports(request: Request) -> Response:
    """`POST /admin/exports`: what exports give."""
    who, form = await posted(request)
    given = {name: form.get(name) == "yes" for name in SWITCHES}
    await accounts.change_account(context_of(request).services, who.actor, **given)
    return saved("/admin/exports")


async def delete_export(request: Request) -> Response:
    """`POST /admin/exports/{id}/delete`: before it expires."""
    who, _ = await posted(request)
    await exports.drop(context_of(request).services, who.actor, request.path_params["id"])
    return saved("/admin/exports")


async def _page(request: Request, who: Reader, form: Form, errors: Errors, status: int = 200) -> Response:
    items, _ = await exports.page(context_of(request).services, who.actor, None, SHOWN)
    more = {"form": form, "errors": errors, "saved": just_saved(request), "exports": items}
    return page(request, "admin-exports.html", who, status, **more)


def _form(account: Account) -> Form:
    return {name: "yes" if getattr(account, name) else "no" for name in SWITCHES}
