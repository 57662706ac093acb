"""Forgetting the archives that were made of a contact."""

from __future__ import annotations

import asyncio

from chat.infra.blobs import EXPORTS
from chat.infra.gathered import DataSubject, ErasureStep
from chat.infra.services import Services


async def _there(services: Services, whom: DataSubject) -> int:
    return await asyncio.to_thread(services.archives.count, whom.uid)


async def _remove(services: Services, whom: DataSubject) -> int:
    return await asyncio.to_thread(services.archives.forget, whom.uid)


EXPORTS_GO = ErasureStep(EXPORTS, _there, _remove, order=2)
