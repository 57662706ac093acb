"""A visitor arrives: everything a socket needs to know of who it is, read in one go."""

from __future__ import annotations

from dataclasses import dataclass

from chat.account import store as accounts
from chat.consent.actions import notices
from chat.contacts.store import contacts
from chat.core import frames
from chat.core.errors import NotFound, Unauthorized
from chat.core.gate import ConsentState, in_force
from chat.core.model import Account, Contact, Site, Ticket
from chat.core.tokens import Visitor
from chat.infra.services import Services
from chat.infra.store import server
from chat.infra.store.tx import Tx
from chat.tickets.actions import transcripts


@dataclass(slots=True)
class Arrival:
    """
    A contact at a socket. `notice` is the one in force as the contact gets it, where they still have to agree to it;
    `ticket` is the one this socket is about.
    """

    contact: Contact
    account: Account
    site: Site
    name: str | None
    notice: frames.NoticeView | None
    standing: ConsentState
    epoch: int
    ticket: Ticket | None = None


async def arrive(services: Services, visitor: Visitor) -> Arrival:
    """
    Return the arrival of whom a token speaks for. Raises Unauthorized where they were erased or have withdrawn, and
    Forbidden where their site was deleted.
    """

    def work(tx: Tx) -> Arrival:
        try:
            contact = contacts.by_uid(tx, visitor.contact)
            site = accounts.site_by_id(tx, contact.site_id)
            account = accounts.one(tx, contact.account_id)
            name = transcripts.name_of(services, contact)
        except NotFound:
            raise Unauthorized("This visitor is not here any more") from None
        accounts.require_site(tx, site.id)
        if contact.receipt_id is None:
            raise Unauthorized("This consent was withdrawn")
        current = in_force(site.notice_version, account.notice_version)
        standing = ConsentState(contact.receipt_id, contact.notice_version, current)
        # Who agreed is not asked: the text, kept as long as the socket, would be a sixth of what one weighs.
        notice = (
            None
            if standing.consents
            else notices.notice_view(
                notices.in_force(tx, account, site), contact.locale, addressed=contact.email is not None
            )
        )
        return Arrival(contact, account, site, name, notice, standing, server.epoch(tx))

    return await services.store.read(work)
