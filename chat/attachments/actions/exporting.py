"""What an export gives of files: those that were sent, with their bytes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from chat.attachments import store as uploads
from chat.attachments.actions import attachments
from chat.core.model import Contact
from chat.infra.gathered import ExportPart
from chat.infra.services import Services


def _unsent(row: Mapping[str, Any]) -> bool:
    """What an agent uploaded and did not send is not the contact's yet, and may be somebody else's."""
    return row["author"] == "agent" and row["seq"] is None


async def _file(services: Services, contact: Contact, uid: str) -> Iterator[bytes]:
    row = await services.store.read(lambda tx: uploads.one(tx, uid, contact_id=contact.id))
    return (await asyncio.to_thread(attachments.open_file, services, contact, row)).pieces


ATTACHMENTS = ExportPart("attachment", unsent=_unsent, file=_file)
