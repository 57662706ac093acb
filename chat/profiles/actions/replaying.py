"""What a restore does again of contacts who were corrected or taken for one."""

from __future__ import annotations

from chat.contacts.store import contacts, persons
from chat.infra.audit import audit
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx


async def empty_corrected(services: Services, what: Entered) -> None:
    """
    Empty what was corrected since: a value that was known to be wrong does not come back, and the ledger holds no new
    one. A backup that has the correction keeps it.
    """

    def work(tx: Tx) -> None:
        contact = contacts.find(tx, what["contact"])
        if contact is None or (contact.corrected_at or 0) >= what["at"]:
            return
        emptied = dict.fromkeys([*what["fields"], *(["email_hash"] if "email" in what["fields"] else [])])
        contacts.change(tx, contact.id, corrected_at=what["at"], **emptied)
        audit.record(
            services, tx, contact.account_id, "system", "contact.emptied", ",".join(what["fields"]), contact.uid
        )

    await services.store.write(work)


async def merge(services: Services, what: Entered) -> None:
    """Take two contacts for one person again, where both are here: who erases one of them means both."""

    def work(tx: Tx) -> None:
        contact, into = contacts.find(tx, what["contact"]), contacts.find(tx, what["person"])
        if contact is not None and into is not None and contact.account_id == into.account_id:
            persons.join(tx, into, persons.whole(tx, contact), services.clock())

    await services.store.write(work)
