"""Identity providers over REST."""

from __future__ import annotations

from chat.identity_providers.actions import providers, views
from chat.identity_providers.actions.providers import ProviderTest
from chat.identity_providers.actions.settings import NewProvider, ProviderChange
from chat.identity_providers.actions.views import LinkedAgent, ProviderView
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import Listed
from chat.web.requests import uid


@endpoint("GET /identity-providers", permission="provider.read", audited=())
async def list_providers(ask: Ask[None]) -> Listed[ProviderView]:
    """Return the account's, oldest first, without their secrets."""
    return Listed(await views.list_providers(ask.services, ask.actor))


@endpoint(
    "POST /identity-providers",
    permission="provider.change",
    audited={"provider.added"},
    status=(201, 200),
    step_up=True,
)
async def post_provider(ask: Ask[NewProvider]) -> Tagged[ProviderView]:
    """Set one up: 201, or 200 where this `id` was set up before."""
    if ask.body.id:
        uid(ask.body.id, "id")
    made, new = await providers.add(ask.services, ask.actor, ask.body)
    return tagged(made, status=201 if new else 200)


@endpoint("GET /identity-providers/{id}", permission="provider.read", audited=())
async def get_provider(ask: Ask[None]) -> Tagged[ProviderView]:
    """Return one, without its secret."""
    return tagged(await views.one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /identity-providers/{id}", permission="provider.change", audited={"provider.changed"}, step_up=True)
async def change_provider(ask: Ask[ProviderChange]) -> Tagged[ProviderView]:
    """Change one. Another issuer is another provider."""
    wanted = ask.body, ask.precondition
    return tagged(await providers.change(ask.services, ask.actor, ask.path["id"], *wanted))


@endpoint(
    "DELETE /identity-providers/{id}",
    permission="provider.change",
    audited={"provider.removed"},
    status=204,
    step_up=True,
)
async def delete_provider(ask: Ask[None]) -> None:
    """Remove one, with who is who there."""
    await providers.remove(ask.services, ask.actor, ask.path["id"])


@endpoint("POST /identity-providers/{id}/test", permission="provider.change", audited=())
async def test_provider(ask: Ask[None]) -> ProviderTest:
    """Ask it what it says of itself. Whatever is wrong is 422, and `why` names it."""
    return await providers.test(ask.services, ask.actor, ask.path["id"])


@endpoint("GET /identity-providers/{id}/agents", permission="provider.read", audited=())
async def list_linked(ask: Ask[None]) -> Listed[LinkedAgent]:
    """Return who signs in through it."""
    return Listed(await views.linked(ask.services, ask.actor, ask.path["id"]))


@endpoint(
    "DELETE /identity-providers/{id}/agents/{agent}",
    permission="provider.change",
    audited={"provider.unlinked"},
    status=204,
    step_up=True,
)
async def delete_linked(ask: Ask[None]) -> None:
    """Part an agent from who they are there, and sign them out."""
    await providers.unlink(ask.services, ask.actor, ask.path["id"], ask.path["agent"])
