"""Forms about one's own passkeys, on the page about one's second factor."""

from __future__ import annotations

from starlette.responses import Response

from chat.core.errors import InvalidField, NotNow
from chat.factors.actions import own_passkeys
from chat.factors.pages.challenges import party_of
from chat.factors.pages.second_factor import second_factor_page
from chat.passkeys import domain
from chat.passkeys.domain import NewCredential
from chat.web.authentication import CEREMONY, cookie_of
from chat.web.forms import saved
from chat.web.page_endpoint import PageAsk, page_endpoint


@page_endpoint(
    "POST /second-factor/passkeys", audience="agent", audited={"factor.passkey_added"}, due=True, step_up=True
)
async def add(ask: PageAsk) -> Response:
    """Take a passkey that the browser made. The answer shows the recovery codes that may come with it, once."""
    name, cookie = ask.form.get("name", ""), cookie_of(ask.request, CEREMONY)
    try:
        new = domain.read(ask.form.get("passkey", ""), NewCredential)
        made = await own_passkeys.add(ask.services, ask.actor, party_of(ask.request), name, new, cookie)
    except InvalidField as error:
        field = str(error.extra["field"])
        return await second_factor_page(ask, {field: f"passkeys.error.{field}"}, status=error.status, typed={"": name})
    except NotNow as error:
        return await second_factor_page(ask, {"whole": "passkeys.error.many"}, status=error.status)
    if made.recovery_codes:
        return await second_factor_page(ask, codes=made.recovery_codes)
    return saved("/second-factor")


@page_endpoint("POST /second-factor/passkeys/{id}", audience="agent", audited={"factor.passkey_renamed"}, step_up=True)
async def rename(ask: PageAsk) -> Response:
    """Give one another name."""
    uid = ask.path["id"]
    name = ask.form.get(f"name-{uid}", "")
    try:
        await own_passkeys.rename(ask.services, ask.actor, uid, name)
    except InvalidField as error:
        errors = {f"name-{uid}": "passkeys.error.name"}
        return await second_factor_page(ask, errors, status=error.status, typed={uid: name})
    return saved("/second-factor")


@page_endpoint(
    "POST /second-factor/passkeys/{id}/remove", audience="agent", audited={"factor.passkey_removed"}, step_up=True
)
async def remove(ask: PageAsk) -> Response:
    """Remove one."""
    await own_passkeys.remove(ask.services, ask.actor, ask.path["id"])
    return saved("/second-factor")
