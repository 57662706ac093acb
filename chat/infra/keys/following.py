"""Dropping the copies of keys that other processes destroy."""

from __future__ import annotations

from typing import assert_never

from chat.core import events
from chat.infra.bus import Bus
from chat.infra.keys.keys import Keys


def follow_keys(bus: Bus, keys: Keys) -> None:
    """From now on drop the copy of each key that is destroyed."""
    bus.listen(events.SERVER, keys, lambda delivery: _drop(keys, delivery.event))


def _drop(keys: Keys, event: events.ServerEvent) -> None:
    """Drop the copy of a key that another process destroyed, and all copies where that may not have been heard."""
    match event:
        case events.KeyDestroyed():
            keys.drop(event.slot, event.owner)
        case events.EventsMissed():
            keys.drop_all()
        case events.LabelsChanged() | events.FilterVersionChanged() | events.WorkDue():
            pass  # these touch no key
        case _:
            assert_never(event)
