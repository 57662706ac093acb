"""
The keys: one data key for each person, wrapped, in a store of their own that is never in the same backup as the data.

Destroying a key makes every copy of what it sealed unreadable, so the slots they lie in must really forget:
`chat.infra.keys.slots`.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections import OrderedDict

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chat.core.crypt import NONCE_BYTES, derive
from chat.core.errors import Misconfigured, NotFound
from chat.core.locations import DataLocation, Field
from chat.infra.keys.slots import Slots

KEYS = DataLocation(
    "keys",
    "keys",
    "contact",
    "the data key that opens what is sealed; destroyed first of all",
    "contacts",
    (
        Field("owner", "identifier", "to find the key of a person", "consent"),
        Field("wrapped", "key", "to open what is sealed", "consent", sealed=True),
    ),
    ("keys/contacts.keys",),
)
CACHED = 20_000


class Keys:
    """Makes, hands out and destroys data keys. Safe to use from several threads."""

    def __init__(self, slots: Slots, secret: bytes) -> None:
        self._slots = slots
        self._wrap = AESGCM(derive(secret, "key wrapping"))
        self._cache: OrderedDict[tuple[int, str], AESGCM] = OrderedDict()
        self._lock = threading.Lock()
        self._drops = 0

    def create(self, owner: str) -> int:
        """Make a key for `owner` (a UUID) and return its slot."""
        key, nonce = AESGCM.generate_key(256), os.urandom(NONCE_BYTES)
        raw = uuid.UUID(owner).bytes
        # The owner is bound in: a wrapped key that is moved into another's slot does not unwrap.
        slot = self._slots.take(raw, nonce + self._wrap.encrypt(nonce, key, raw))
        self._keep(slot, owner, AESGCM(key), self._drops)
        return slot

    def get(self, slot: int, owner: str) -> AESGCM:
        """Return the key. Raises NotFound where it was destroyed."""
        with self._lock:
            known = self._cache.get((slot, owner))
            if known is not None:
                self._cache.move_to_end((slot, owner))
                return known
            drops = self._drops
        return self._keep(slot, owner, AESGCM(self._unwrapped(slot, owner)), drops)

    def holds(self, slot: int, owner: str) -> bool:
        """Tell whether the store has the key, whatever memory has."""
        # Not the cache: an erasure asks this to prove that the key is gone from where it is kept.
        return self._slots.look(slot, uuid.UUID(owner).bytes) is not None

    def destroy(self, slot: int, owner: str) -> bool:
        """Destroy the key for good, and return whether there was one."""
        gone = self._slots.wipe(slot, uuid.UUID(owner).bytes)
        self.drop(slot, owner)  # last: whoever asks meanwhile would bring the copy back
        return gone

    def drop(self, slot: int, owner: str) -> None:
        """Forget the copy in memory."""
        with self._lock:
            self._drops += 1
            self._cache.pop((slot, owner), None)

    def drop_all(self) -> None:
        """Forget every copy in memory."""
        with self._lock:
            self._drops += 1
            self._cache.clear()

    def copy_to(self, other: Slots) -> int:
        """Put every wrapped key into other slots of the same numbers, and return how many."""
        found = list(self._slots.all())
        other.fill(found)
        return len(found)

    def is_empty(self) -> bool:
        """Whether there is no key at all."""
        return next(iter(self._slots.all()), None) is None

    def adopt(self, other: Slots) -> int:
        """Take over every key of a copy. Raises Misconfigured where there are keys here already."""
        if not self.is_empty():
            raise Misconfigured("There are keys here already; a copy is put back into an empty key store only")
        found = list(other.all())
        self._slots.fill(found)
        return len(found)

    def close(self) -> None:
        """Forget the copies in memory and let go of the store."""
        self.drop_all()
        self._slots.close()

    def _unwrapped(self, slot: int, owner: str) -> bytes:
        try:
            raw = uuid.UUID(owner).bytes
        except ValueError:
            raise NotFound("Nobody has such an id") from None
        wrapped = self._slots.look(slot, raw)
        if wrapped is None:
            raise NotFound("The key is gone: this was erased")
        try:
            return self._wrap.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], raw)
        except InvalidTag as error:
            raise Misconfigured(
                "The keys were made under another LETHE_SECRET_KEY; set the one this data was made with"
            ) from error

    def _keep(self, slot: int, owner: str, key: AESGCM, drops: int) -> AESGCM:
        with self._lock:
            # Dropped since it was looked up, perhaps this one: kept now, it would outlive its erasure in memory.
            if self._drops != drops:
                return key
            self._cache[slot, owner] = key
            # Opened keys in memory are what an erasure in another process must reach, so there are not endlessly many.
            if len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return key
