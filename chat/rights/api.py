"""The visitor's transcript by mail, as they ask for it or as an agent offers it."""

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


@endpoint(
    "POST /tickets/{number:int}/transcript", permission="ticket.answer", status=202, audited={"transcript.offered"}
)
async def post_transcript(ask: Ask[None]) -> dict[str, bool]:
    """
    Mail a link to the address that the ticket's contact gave. Opened there, it brings the transcript: nothing of the
    chat goes to an address before.
    """
    await links.offer_transcript(ask.services, ask.actor, ask.path["number"])
    return {"queued": True}
