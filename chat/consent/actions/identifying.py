"""Saying who is signed in, of a chat that runs already: it becomes the customer's, and never another's."""

from __future__ import annotations

from chat.account import store as accounts
from chat.consent import store as consents
from chat.consent.actions import consent
from chat.contacts.store import contacts
from chat.core.errors import ConsentRequired
from chat.core.networks import Network
from chat.core.tokens import Visitor
from chat.customers.actions import identities
from chat.customers.domain import ClaimedIdentity
from chat.infra.services import Services
from chat.infra.store.tx import Tx


async def identify(services: Services, visitor: Visitor, claimed: ClaimedIdentity, network: Network) -> bool:
    """
    Make the contact of a token the customer who is signed in, and return whether they are. They are not where the
    customer has another chat already: both stay as they are. Raises Unauthorized and ConsentRequired where there is no
    consent, IdentityRefused, and NotNow where the chat is another customer's.
    """
    contact = await consent.reader_of(services, visitor)
    site = await services.store.read(lambda tx: accounts.site_by_id(tx, contact.site_id))
    who = await identities.check(services, site, claimed, network)

    def work(tx: Tx) -> bool:
        is_theirs = identities.is_theirs(services, tx, site, contact, who)
        # Locked and read again, after the turn that this takes: nothing is kept of who has withdrawn meanwhile, nor
        # before they have agreed to the notice in force.
        known = contacts.by_uid(tx, contact.uid, lock=True)
        if known.receipt_id is None:
            raise ConsentRequired("This consent has ended")
        if is_theirs is None and consents.consents_now(tx, known):
            identities.link(services, tx, site, known, who)
            return True
        return bool(is_theirs)

    return await services.store.write(work)
