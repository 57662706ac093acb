"""Forgets the ids of messages: what is sent again is stored again."""

import sys
import uuid
from collections.abc import Sequence

from chat.__main__ import main
from chat.core.model import Draft
from chat.infra.store import Store
from chat.tickets.actions import posting
from chat.tickets.store.posting import Record, store_all


def forgetful(store: Store, drafts: Sequence[Draft], record: Record = lambda *_: None) -> None:
    """Store each under an id of its own."""
    for draft in drafts:
        draft.cid = uuid.uuid4().bytes
    store_all(store, drafts, record)


posting.store_all = forgetful  # type: ignore[attr-defined] # that is the fault

if __name__ == "__main__":
    sys.exit(main())
