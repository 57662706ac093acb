"""The visitor's transcript by mail."""

from __future__ import annotations

from chat.consent.actions import consent
from chat.rights import actions as links
from chat.web.authentication import network_of
from chat.web.endpoint import Ask, endpoint


@endpoint("POST /widget/{site_key}/transcript", audience="visitor", status=202, audited={"transcript.mailed"})
async def mail_transcript(ask: Ask[None]) -> dict[str, bool]:
    """Mail a link to the address the visitor gave. Opened, it brings the transcript."""
    contact = await consent.contact_of(ask.services, ask.visitor)
    await links.ask_for_transcript(ask.services, contact, network_of(ask.request))
    return {"queued": True}
