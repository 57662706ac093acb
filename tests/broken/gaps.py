"""Leaves a number out now and then."""

import sys

from chat.__main__ import main
from chat.core.model import Draft
from chat.tickets.store.posting import Place

take = Place.take


def careless(place: Place, draft: Draft) -> None:
    """Skip every fifth number."""
    if place.last_seq % 5 == 4:
        place.last_seq += 1
    take(place, draft)


Place.take = careless  # type: ignore[assignment, method-assign] # that is the fault

if __name__ == "__main__":
    sys.exit(main())
