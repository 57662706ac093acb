"""An agent's page about their own second factor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import segno
from starlette.responses import Response

from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotNow
from chat.factors.actions import factors, own_passkeys, resetting
from chat.factors.actions.factors import Offer
from chat.web.forms import Errors, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

MARGIN = 4
"""Modules around a QR code that are light (ISO/IEC 18004, 5.3.8)."""


@page_endpoint("GET /second-factor", audience="agent", query=[SAVED], due=True, step_up=True)
async def show(ask: PageAsk) -> Response:
    """Show how it stands, and offer a secret where there is none."""
    return await second_factor_page(ask)


@page_endpoint("POST /second-factor", audience="agent", audited={"factor.set"}, due=True, step_up=True)
async def turn_on(ask: PageAsk) -> Response:
    """Turn it on with a right code. The answer itself shows the recovery codes, the only time anything does."""
    shown, code = ask.form.get("offer", ""), ask.form.get("code", "")
    try:
        made = await factors.turn_on(ask.services, ask.actor, shown, code)
    except InvalidField:
        return await second_factor_page(ask, {"code": "second_factor.error.code"}, shown=shown, status=422)
    except NotNow as error:
        return await second_factor_page(ask, {"whole": "second_factor.error.again"}, status=error.status)
    return await second_factor_page(ask, codes=made) if made else saved("/second-factor")


@page_endpoint("POST /second-factor/codes", audience="agent", audited={"factor.codes_made"}, step_up=True)
async def renew_codes(ask: PageAsk) -> Response:
    """Make recovery codes anew, and show them."""
    return await second_factor_page(ask, codes=await factors.renew_codes(ask.services, ask.actor))


@page_endpoint("POST /second-factor/off", audience="agent", audited={"factor.removed"}, step_up=True)
async def turn_off(ask: PageAsk) -> Response:
    """Turn it off."""
    await factors.turn_off(ask.services, ask.actor)
    return saved("/second-factor")


@page_endpoint(
    "POST /admin/agents/{id}/reset-second-factor", permission="agent.manage", audited={"factor.reset"}, step_up=True
)
async def reset(ask: PageAsk) -> Response:
    """Take another agent's second factor away."""
    await resetting.reset(ask.services, ask.actor, ask.path["id"])
    return saved(f"/admin/agents/{ask.path['id']}")


async def second_factor_page(
    ask: PageAsk,
    errors: Errors | None = None,
    shown: str = "",
    codes: list[str] | None = None,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
) -> Response:
    """
    Return the page: `codes` are shown, or what stands, with the secret that was `shown` and the names that were
    `typed` for passkeys, by their ids, "" for a new one.
    """
    stands, reader = await factors.standing(ask.services, ask.actor), ask.reader
    since = None if stands.since is None else stamp(stands.since)
    more: dict[str, Any] = {"codes": codes, "left": stands.codes, "since": since, "due": stands.due}
    passkeys, named = await own_passkeys.list_own(ask.services, ask.actor), typed or {}
    last = since is None and len(passkeys) == 1
    more |= {"passkeys": passkeys, "last": last, "name": named.get("", ""), "typed": named}
    if since is None:
        offered = factors.offer(ask.services, ask.actor, reader.agent.email, reader.account.name, shown)
        more |= {"offer": offered.shown, "secret": _spaced(offered.secret), "qr": _drawn(offered)}
    return ask.page("second-factor.html", status, errors=errors, **more)


def _drawn(offered: Offer) -> tuple[int, str]:
    """Return how many modules a side of the QR code has, with its margin, and its dark ones as an SVG path."""
    made = segno.make(offered.uri, error="m", micro=False)
    rows = enumerate(made.matrix_iter(border=MARGIN))
    dark = [f"M{at} {row}h1v1h-1z" for row, line in rows for at, is_dark in enumerate(line) if is_dark]
    return len(made.matrix) + 2 * MARGIN, "".join(dark)


def _spaced(secret: str) -> str:
    """Return a secret in groups of four, as people type it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
