"""The page of signed-in customers: each site's secrets, and what its own server does with one."""

from __future__ import annotations

from msgspec import ValidationError, convert
from starlette.responses import Response

from chat.account.actions import accounts
from chat.customers.actions import secrets
from chat.customers.actions.secrets import MadeSecret, SecretView, WantedSecret
from chat.customers.domain import WAYS
from chat.web.forms import Errors, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/customers"
KEEPS = (0, 1, 24, 72, 168)
"""Hours that are offered for the secret before."""


@page_endpoint("GET /admin/customers", permission="customer.secret", query=[SAVED])
async def show_customers(ask: PageAsk) -> Response:
    """Show them."""
    return await _page(ask)


@page_endpoint(
    "POST /admin/customers/{site}", permission="customer.secret", audited={"customer_secret.made"}, step_up=True
)
async def add_customer_secret(ask: PageAsk) -> Response:
    """Make one. The answer itself shows it, the only time anything does."""
    given = {"way": ask.form.get("way", ""), "keep_hours": ask.form.get("keep", "")}
    try:
        wanted = convert(given, WantedSecret, strict=False)
    except ValidationError:
        return await _page(ask, errors={"way": "customers.error"}, status=422)
    made = await secrets.make(ask.services, ask.actor, ask.path["site"], wanted)
    return await _page(ask, made=made, status=201)


@page_endpoint(
    "POST /admin/customers/{site}/{id}/end",
    permission="customer.secret",
    audited={"customer_secret.ended"},
    step_up=True,
)
async def stop_customer_secret(ask: PageAsk) -> Response:
    """End one."""
    await secrets.end(ask.services, ask.actor, ask.path["site"], ask.path["id"])
    return saved(PAGE)


async def _page(
    ask: PageAsk, made: SecretView | None = None, errors: Errors | None = None, status: int = 200
) -> Response:
    sites = await accounts.sites(ask.services, ask.actor)
    kept = {each.id: await secrets.secrets(ask.services, ask.actor, each.id) for each in sites}
    shown = made if isinstance(made, MadeSecret) else None
    more = {"sites": sites, "secrets": kept, "made": shown, "ways": WAYS, "keeps": KEEPS}
    more["at"] = ask.path.get("site", "")
    return ask.page("admin-customers.html", status, errors=errors, **more)
