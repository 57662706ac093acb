"""
Passwords: which are good enough, how they are kept, whether one is right.

What is kept is an argon2id hash (RFC 9106), sealed under the agent's own data key. So nobody who has the database alone
can try passwords on it, or put in the hash of one they know, or another agent's; and the hashes of old came along when
this began, which a pepper inside of argon2 would not have let them.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from chat.core import greek
from chat.core.crypt import Sealed
from chat.core.errors import InvalidField, NotFound
from chat.infra.services import Services
from chat.team.store import AgentRow

T = TypeVar("T")
LEAST, MOST = 10, 1000
STRONG = 3
"""On zxcvbn's scale of 0 to 4: not found by ten thousand million tries, so by nobody who must ask the server."""
LOOKED_AT = 72

# OWASP's parameters for argon2id; two at once, so that signing in never starves the chats of memory or processor.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_threads = ThreadPoolExecutor(2, "passwords")
_COSTS = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
_NOBODY = f"$argon2id$v=19${_COSTS}${'A' * 22}${'A' * 43}"
"""The hash of no password that anybody knows: to check one against it costs as much as against any other."""


def chosen(password: str | None, *own: str) -> str:
    """
    Return a password, or a generated one for None. InvalidField where it is too short, too long, or easily guessed, by
    whoever knows the person's `own` words too.
    """
    if password is None:
        return secrets.token_urlsafe(12)
    if not LEAST <= len(password) <= MOST:
        raise InvalidField(f"A password has at least {LEAST} characters", field="password", why="short")
    if _guessed(password, own):
        raise InvalidField(
            "This password is easily guessed: repeated or usual letters, words or dates. Take a few words that do not "
            "belong together",
            field="password",
            why="weak",
        )
    return password


async def kept(services: Services, slot: int, agent_id: str, password: str) -> str:
    """Return a password as the agent whose key is in `slot` is stored with it."""
    return sealed(services, slot, agent_id, await _in_thread(_hasher.hash, password))


def sealed(services: Services, slot: int, agent_id: str, encoded: str) -> str:
    """Return an argon2 hash as it is stored."""
    return base64.b64encode(services.seal(slot, agent_id, "password", encoded)).decode()


async def right(services: Services, row: AgentRow | None, password: str) -> bool:
    """
    Whether a password is that of an agent's row. It takes as long where there is no row, or one that does not open.
    """
    encoded = _opened(services, row)
    # Cut, since argon2 reads all that it is given, and a longer one is nobody's.
    found = await _in_thread(_verified, encoded or _NOBODY, password[:MOST])
    return found and encoded is not None


def _opened(services: Services, row: AgentRow | None) -> str | None:
    if row is None:
        return None
    try:
        held = base64.b64decode(row.password_hash, validate=True)
        return services.unseal(row.key_slot, row.id, "password", held)
    except (Sealed, NotFound, ValueError):
        return None


def _guessed(password: str, own: tuple[str, ...]) -> bool:
    from zxcvbn import zxcvbn  # noqa: PLC0415 - its word lists take a tenth of a second that few commands should pay

    words = [part for each in own for part in (each, *each.replace("@", " ").replace(".", " ").split())]
    words += greek.common_words()
    # Only the beginning is looked at, as it takes more than twice as long for twice as much.
    ways = [each[:LOOKED_AT] for each in greek.readings(password[:LOOKED_AT])]
    return any(zxcvbn(each, user_inputs=words)["score"] < STRONG for each in ways)


def _verified(encoded: str, password: str) -> bool:
    try:
        return _hasher.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False


async def _in_thread(work: Callable[..., T], *arguments: str) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
