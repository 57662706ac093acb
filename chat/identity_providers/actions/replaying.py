"""What a restore does again of identity providers and of who is linked to them."""

from __future__ import annotations

from chat.identity_providers import store
from chat.infra.gathered import Entered
from chat.infra.services import Services


async def remove_or_suspend(services: Services, what: Entered) -> None:
    """
    Remove an identity provider again, or suspend one that was another by now: whom it let in, and as what, is for an
    owner to say once more.
    """
    work = store.drop if what["gone"] else store.suspend
    await services.store.write(lambda tx: work(tx, what["provider"]))


async def unlink(services: Services, what: Entered) -> None:
    """Part an agent from an identity provider again."""
    await services.store.write(lambda tx: store.unlink(tx, what["provider"], what["agent"]))
