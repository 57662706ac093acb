"""Files of a saved reply over REST, for whichever kind of replies they are."""

from __future__ import annotations

from chat.attachments import api as uploads
from chat.core.frames import AttachmentOut
from chat.response_files import actions as files
from chat.response_files.actions import Reply
from chat.web.endpoint import Ask
from chat.web.lists import Listed
from chat.web.requests import Multipart


async def listed(ask: Ask[None], reply: Reply) -> Listed[AttachmentOut]:
    """Return a reply's files: never more than one page."""
    return Listed(await files.list_of(ask.services, ask.actor, reply))


async def kept(ask: Ask[Multipart], reply: Reply) -> AttachmentOut:
    """Keep the file of a request with a reply. What is refused anyway is refused before it is read."""
    await files.admit(ask.services, ask.actor, reply)
    uploads.declared(ask.request)
    async with ask.context.uploads["agent"].of(ask.actor.agent_id) as take:
        name, data = await uploads.file_of(ask.request, take)
        await ask.require_still()
        return await files.add(ask.services, ask.actor, reply, name, data)


async def removed(ask: Ask[None], reply: Reply) -> None:
    """Take a file out of a reply."""
    await files.remove(ask.services, ask.actor, reply, ask.path["attachment"])
