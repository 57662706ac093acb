"""Forgetting the files that a contact sent or was sent."""

from __future__ import annotations

import asyncio

from chat.attachments.actions import attachments
from chat.infra.blobs import FILES
from chat.infra.gathered import DataSubject, ErasureStep
from chat.infra.services import Services


async def _there(services: Services, whom: DataSubject) -> int:
    return await asyncio.to_thread(services.blobs.count, whom.uid)


async def _remove(services: Services, whom: DataSubject) -> int:
    return await attachments.forget(services, whom.uid)


FILES_GO = ErasureStep(FILES, _there, _remove, order=1)
