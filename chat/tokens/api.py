"""API tokens over REST."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from chat.core import frames
from chat.tokens import actions as tokens
from chat.tokens.actions import DAYS, MadeToken, TokenView, WantedToken
from chat.web.answers import JSON
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """A token to make. With an `id` it is made once, however often it is asked for."""

    name: str
    scopes: list[str]
    days: int = DAYS
    networks: list[str] = []
    id: frames.ClientId | None = None


class TokenName(Struct, frozen=True, forbid_unknown_fields=True):
    """Another name for a token."""

    name: str


@endpoint("GET /tokens", permission="token.read", audited=())
async def list_tokens(ask: Ask[None]) -> Listed[TokenView]:
    """Return one's own, or the account's for owners and admins."""
    return Listed(await tokens.tokens(ask.services, ask.actor))


@endpoint(
    "POST /tokens",
    permission="token.make",
    audited={"token.made"},
    status=(201, 200),
    answers={201: MadeToken, 200: TokenView},
    step_up=True,
)
async def post_token(ask: Ask[NewToken]) -> Response:
    """Make one: 201 with the `token`, shown this once; 200 without, where this id was made before."""
    body = ask.body
    wanted = WantedToken(body.name, body.scopes, body.days, body.networks, body.id)
    made = await tokens.make(ask.services, ask.actor, wanted)
    return JSON(made, 201 if isinstance(made, MadeToken) else 200)


@endpoint("GET /tokens/{id}", permission="token.read", audited=())
async def get_token(ask: Ask[None]) -> TokenView:
    """Return one, without its secret."""
    return await tokens.one(ask.services, ask.actor, ask.path["id"])


@endpoint("PATCH /tokens/{id}", permission="token.make", audited={"token.changed"})
async def change_token(ask: Ask[TokenName]) -> TokenView:
    """Give one of one's own another name."""
    return await tokens.rename(ask.services, ask.actor, ask.path["id"], ask.body.name)


@endpoint("DELETE /tokens/{id}", permission="token.make", audited={"token.revoked"}, status=204)
async def revoke_token(ask: Ask[None]) -> None:
    """Revoke one, at once and for good."""
    await tokens.revoke(ask.services, ask.actor, ask.path["id"])
