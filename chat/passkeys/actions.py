"""
Ceremonies: a challenge is given, and the answer to it is checked.

A challenge is 32 random bytes in a signed cookie that says what it is for (`kind`) and whom it was given to (`whose`: a
session, the step after a password, or nobody yet), good for five minutes. It is good once: which were answered is kept
until they are old. Every answer uses its challenge up, the wrong ones too.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec

from chat.core.crypt import blind, digest
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.passkeys import domain, store
from chat.passkeys.domain import Credential, HeldKey, RelyingParty
from chat.passkeys.store import PasskeyRow
from chat.team.store import AgentRow

ADDING, SIGNING_IN, SECOND, STEP_UP = "add", "sign_in", "second", "step_up"


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser is asked (`options`, as JSON), and the `cookie` that it brings back with the answer."""

    options: dict[str, Any]
    cookie: str


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What a browser answered: the passkey that it shows, with the cookie of the ceremony, on a page of whose."""

    party: RelyingParty
    credential: Credential
    cookie: str


def begin_adding(
    services: Services, agent: AgentRow, has: list[HeldKey], session: str, party: RelyingParty
) -> Ceremony:
    """Begin to make a passkey for an agent, in a session of theirs."""
    challenge = secrets.token_bytes(domain.CHALLENGE)
    name = services.unseal(agent.key_slot, agent.id, "email", agent.email) or "?"
    options = domain.creation_options(party, challenge, _handle(services, agent.id), name, has)
    return Ceremony(options, services.tokens.ceremony(ADDING, session, challenge.hex(), services.clock()))


def begin_showing(services: Services, party: RelyingParty, kind: str, whose: str, has: list[HeldKey]) -> Ceremony:
    """Ask for a passkey: for one of those somebody `has` who is known already, else for any that says whose it is."""
    challenge = secrets.token_bytes(domain.CHALLENGE)
    options = domain.request_options(party, challenge, has, verified=_verifies(kind))
    return Ceremony(options, services.tokens.ceremony(kind, whose, challenge.hex(), services.clock()))


def use_challenge(services: Services, tx: Tx, cookie: str, kind: str, whose: str) -> bytes | None:
    """
    Use up the challenge that was given for this, and return it. None where there is none, or it was used before. Of two
    at once one waits for the other at the agent's row, which is locked.
    """
    found = services.tokens.read_ceremony(cookie, kind, whose, services.clock())
    if found is None or store.is_answered(tx, digest(found[0])):
        return None
    challenge, until = found
    store.note_answered(tx, digest(challenge), until)
    return bytes.fromhex(challenge)


def make(services: Services, agent: AgentRow, made: HeldKey, count: int, name: str, *, key: str) -> dict[str, object]:
    """Return the row of a new passkey, whose id is `key`."""
    sealed = services.seal(agent.key_slot, agent.id, f"passkey/{key}", msgspec.json.encode(made).decode())
    return {
        "id": key,
        "agent_id": agent.id,
        "credential_hash": domain.credential_hash(made.id),
        "credential": sealed,
        "sign_count": count,
        "name": seal_name(services, agent, key, name),
        "created_at": services.clock(),
    }


def take(services: Services, tx: Tx, agent: AgentRow, kind: str, whose: str, answer: PasskeyAnswer) -> bool:
    """
    Whether an answer shows a passkey of an agent whose row is locked; then its use is noted. Who is not known yet is
    named by the device itself too, as is asked of it (7.2, step 6).
    """
    challenge = use_challenge(services, tx, answer.cookie, kind, whose)
    row = store.by_credential(tx, answer.credential.hash, lock=True)
    held = held_key(services, agent, row) if row is not None and row.agent_id == agent.id else None
    if row is None or held is None or challenge is None or not _names(services, agent, kind, answer.credential):
        return False
    count = domain.counted(answer.party, challenge, held, row.sign_count, answer.credential, verified=_verifies(kind))
    if count is None:
        return False
    store.note_use(tx, row, count, services.clock())
    return True


def held_key(services: Services, agent: AgentRow, row: PasskeyRow) -> HeldKey | None:
    """Return what is kept of a passkey, None where it does not open."""
    opened = services.unseal(agent.key_slot, agent.id, f"passkey/{row.id}", row.credential)
    return None if opened is None else msgspec.json.decode(opened, type=HeldKey)


def held_keys(services: Services, tx: Tx, agent: AgentRow) -> list[HeldKey]:
    """Return what is kept of each of an agent's passkeys."""
    opened = (held_key(services, agent, row) for row in store.of_agent(tx, agent.id))
    return [each for each in opened if each is not None]


def seal_name(services: Services, agent: AgentRow, key: str, name: str) -> bytes:
    """Return a passkey's name as it is kept."""
    return services.seal(agent.key_slot, agent.id, f"passkey-name/{key}", name)


def name_of(services: Services, agent: AgentRow, row: PasskeyRow) -> str:
    """Return a passkey's name, "?" where it does not open."""
    return services.unseal(agent.key_slot, agent.id, f"passkey-name/{row.id}", row.name) or "?"


async def sweep(services: Services) -> int:
    """Forget the challenges that are good no more, and return how many."""
    return await services.store.write(lambda tx: store.drop_answered(tx, services.clock()))


def _verifies(kind: str) -> bool:
    """Whether the device makes sure who holds it. After a password it need not: that was the other factor."""
    return kind != SECOND


def _handle(services: Services, agent_id: str) -> bytes:
    """Return what a device knows an agent by: it says nothing of them, and is the same for all their passkeys."""
    return bytes.fromhex(blind(services.index_key, "passkey", agent_id))


def _names(services: Services, agent: AgentRow, kind: str, shown: Credential) -> bool:
    said = shown.response.user_handle
    if not said:
        return kind != SIGNING_IN
    return secrets.compare_digest(domain.encoded(_handle(services, agent.id)), said)
