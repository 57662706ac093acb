"""Who is signed in: whether what a page says holds, and which contact is which customer."""

from __future__ import annotations

from collections.abc import Collection

from chat.account import store as accounts
from chat.core.crypt import blind
from chat.core.errors import IdentityRefused, NotNow
from chat.core.model import Contact, Site
from chat.core.networks import Network
from chat.customers import domain, store
from chat.customers.actions.secrets import secret_of
from chat.customers.domain import ClaimedIdentity, ProvenCustomer, Way
from chat.infra.services import Services
from chat.infra.store.tx import Tx

TRIES, WINDOW = 20, 600.0
"""So many identities of one site that do not hold may come from one network in so many seconds."""


async def check(services: Services, site: Site, claimed: ClaimedIdentity, network: Network) -> ProvenCustomer:
    """
    Return the customer whom a page of the site has proven to be signed in. Whether anybody has this id is not looked
    at. Raises IdentityRefused, also where too many that do not hold came from the network: who agrees with one may
    then agree without it.
    """
    counted = f"identity:{site.id}"
    if await services.bus.allow_from(counted, network, TRIES, WINDOW):
        raise IdentityRefused("Many identities that do not hold came from this network; wait ten minutes")

    def work(tx: Tx) -> list[tuple[Way, str]]:
        return [(row.way, secret_of(services, row)) for row in store.secrets(tx, site.id, services.clock())]

    found = domain.proven(claimed, await services.store.read(work), services.clock())
    await services.bus.give_back_from(counted, network, WINDOW)
    return found


def find(services: Services, tx: Tx, site: Site, who: ProvenCustomer) -> Contact | None:
    """Return the contact who is this customer of the site and has not withdrawn, or None."""
    return store.find(tx, site.account_id, _hash(services, site.id, who.id))


def is_theirs(services: Services, tx: Tx, site: Site, contact: Contact, who: ProvenCustomer) -> bool | None:
    """
    Return whether a contact is this customer: None where they are nobody's, and nobody else is the customer yet. Raises
    NotNow where the contact is another customer.
    """
    found_by = _hash(services, site.id, who.id)
    other = store.find(tx, site.account_id, found_by)
    known = store.of_contacts(tx, [contact.id]).get(contact.id)
    if known is not None and known.external_hash != found_by:
        raise NotNow("This chat is another customer's. Call Lethe.logout() when somebody signs out")
    return None if known is None and other is None else known is not None


def link(services: Services, tx: Tx, site: Site, contact: Contact, who: ProvenCustomer) -> None:
    """Say that a contact is this customer, unless another is: nobody's chats are joined by this. Raises NotNow."""
    if is_theirs(services, tx, site, contact, who) is not None:
        return
    sealed = services.seal(contact.key_slot, contact.uid, "customer", who.id)
    made = {"contact_id": contact.id, "external_hash": _hash(services, site.id, who.id)}
    store.add(tx, made | {"external_id": sealed, "since": services.clock()})


def external_ids(services: Services, tx: Tx, contacts: Collection[Contact]) -> dict[int, str]:
    """Return the ids at their shop of those contacts who are signed-in customers, by the contact's key."""
    rows = store.of_contacts(tx, [each.id for each in contacts])
    found = {
        each.id: services.unseal(each.key_slot, each.uid, "customer", rows[each.id].external_id)
        for each in contacts
        if each.id in rows
    }
    return {key: text for key, text in found.items() if text is not None}


def keys_of(services: Services, tx: Tx, account_id: str, external_id: str) -> list[int]:
    """Return the keys of an account's contacts who are customers with this id, at whichever site it has or had."""
    sites = accounts.sites(tx, account_id, deleted=True)
    return store.ids_of(tx, [_hash(services, each.id, external_id) for each in sites])


def _hash(services: Services, site_id: str, external_id: str) -> str:
    return blind(services.index_key, f"customer/{site_id}", external_id)
