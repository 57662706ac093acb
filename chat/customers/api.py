"""The secrets of sites over REST."""

from __future__ import annotations

from starlette.responses import Response

from chat.customers.actions import secrets
from chat.customers.actions.secrets import MadeSecret, SecretView, WantedSecret
from chat.web.answers import JSON
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


@endpoint("GET /sites/{id}/customer-secrets", permission="customer.secret", audited=())
async def list_customer_secrets(ask: Ask[None]) -> Listed[SecretView]:
    """Return those of a site that are in force, without what they are."""
    return Listed(await secrets.secrets(ask.services, ask.actor, ask.path["id"]))


@endpoint(
    "POST /sites/{id}/customer-secrets",
    permission="customer.secret",
    audited={"customer_secret.made"},
    status=(201, 200),
    step_up=True,
)
async def post_customer_secret(ask: Ask[WantedSecret]) -> Response:
    """Make one: 201 with the `secret`, shown this once; 200 without, where this id was made before."""
    made = await secrets.make(ask.services, ask.actor, ask.path["id"], ask.body)
    return JSON(made, 201 if isinstance(made, MadeSecret) else 200)


@endpoint(
    "DELETE /sites/{id}/customer-secrets/{secret_id}",
    permission="customer.secret",
    audited={"customer_secret.ended"},
    status=204,
    step_up=True,
)
async def end_customer_secret(ask: Ask[None]) -> None:
    """Let one prove nothing any more, at once and for good."""
    await secrets.end(ask.services, ask.actor, ask.path["id"], ask.path["secret_id"])
