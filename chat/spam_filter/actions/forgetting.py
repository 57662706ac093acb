"""Forgetting what the filter learnt of a contact, in memory, in the account's file, in every version."""

from __future__ import annotations

import asyncio

from chat.infra.filters import LEARNT, VERSIONS
from chat.infra.gathered import DataSubject, ErasureStep
from chat.infra.services import Services
from chat.spam_filter.actions import training, versions


async def _learnt(services: Services, whom: DataSubject) -> int:
    return services.filters.learnt_of(whom.account_id, whom.contact_id)


async def _unlearn(services: Services, whom: DataSubject) -> int:
    """Take the contact's counts out, and write the account's file as if they had never been."""
    found = await _learnt(services, whom)
    await training.relearn_contact(services, whom.account_id, whom.contact_id)
    await asyncio.to_thread(services.filters.write, whom.account_id)
    return found


async def _stale(services: Services, whom: DataSubject) -> int:
    return len(await versions.stale(services, whom.account_id))


async def _settle(services: Services, whom: DataSubject) -> int:
    """Make every version that counted the contact as if they had never written, and with it what serves."""
    made = await versions.refit_stale(services, whom.account_id)
    if made:
        await asyncio.to_thread(services.filters.write, whom.account_id)
    return made


# In this order: a version is fitted from the labels that are left, and those went with the withdrawal.
UNLEARNT = ErasureStep(LEARNT, _learnt, _unlearn, order=3)
SETTLED = ErasureStep(VERSIONS, _stale, _settle, order=4)
