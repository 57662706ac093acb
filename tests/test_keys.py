"""Data keys in memory: a copy never outlives what was destroyed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from chat.core.errors import NotFound
from chat.core.ids import uuid7
from chat.infra.keys.keys import Keys
from chat.infra.keys.slots import SlotFile

SECRET = bytes(32)


class Meanwhile(SlotFile):
    """Slots in which something happens between reading a key and handing it out, once."""

    then: Callable[[], object] | None = None

    def look(self, slot: int, owner: bytes) -> bytes | None:
        """Return what is kept, and do the other thing."""
        found = super().look(slot, owner)
        job, self.then = self.then, None
        if job is not None:
            job()
        return found


@pytest.fixture
def slots(tmp_path: Path) -> Meanwhile:
    return Meanwhile(tmp_path / "keys")


def test_a_key_that_is_destroyed_while_it_is_read_is_not_kept(slots: Meanwhile) -> None:
    keys, owner = Keys(slots, SECRET), uuid7()
    slot = keys.create(owner)
    keys.drop_all()
    slots.then = lambda: keys.destroy(slot, owner)
    keys.get(slot, owner)  # whoever asked before it was destroyed has it for this once
    with pytest.raises(NotFound):
        keys.get(slot, owner)
    keys.close()


def test_the_control_a_key_that_is_read_is_kept_unless_something_is_dropped_meanwhile(slots: Meanwhile) -> None:
    keys, owner = Keys(slots, SECRET), uuid7()
    slot = keys.create(owner)
    keys.drop_all()
    keys.get(slot, owner)
    slots.wipe(slot, bytes.fromhex(owner.replace("-", "")))  # past the copy in memory, which alone can answer now
    keys.get(slot, owner)
    keys.close()
