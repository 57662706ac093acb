"""What the audit log may say, and how its entries are chained: ids and words of a closed list, never a text."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import sha256

from chat.core.access import ROLES
from chat.core.sources import is_source

NOTHING = "0" * 64
OTHERS = ("visitor", "system", "command")
BEGINS, BEGINS_ANEW = "account.made", "audit.begun"
"""The action of a log's first entry, and of the first one after a part that was closed because it is broken."""
_ID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_ROLE = "|".join(ROLES)
_GIVEN = "name|email|phone|fields"
REFUSALS = (
    *("unreached", "metadata", "state", "denied", "code", "signature", "issuer", "audience", "nonce", "time", "claims"),
    *("unverified", "domain", "nobody", "taken", "linked", "deactivated", "suspended", "stale", "other"),
)
"""Why a sign-in through an identity provider was refused."""
# Numbers, UUIDs, times and hashes, two of them with a stroke between, of an agent two roles, the old one and the new,
# a role with a permission, what of a contact was corrected, or a provider and why it was refused: no name or address is
# made of these.
_SHAPES = {
    "who": re.compile(f"{_ID}|" + "|".join(OTHERS)),
    "target": re.compile(
        r"([0-9a-fTZ:.-]{1,40}(/[0-9a-f-]{1,36})?|[0-9a-f]{64}|"
        rf"{_ID}/({_ROLE})>({_ROLE})|({_ROLE})/[a-z_]{{1,20}}\.[a-z_]{{1,20}}|({_GIVEN})(,({_GIVEN}))*|"
        rf"{_ID}/({'|'.join(REFUSALS)}))?"
    ),
    "contact": re.compile(f"({_ID})?"),
}


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """
    Who did what to which thing: `who` is an agent's id or one of OTHERS, `target` an id or number, `contact` the opaque
    id of the contact whose thing it was; `at` in ms; `hash` covers all of it and every entry before. `source` says of
    sign-ins where they come from (`chat.core.sources`), and is "" for all else.
    """

    account_id: str
    number: int
    at: int
    who: str
    action: str
    target: str
    contact: str
    hash: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """
    Which entries: those of an agent (or visitor, system, command), of an action, about an id, with a source's network,
    method or device, or empty for any.
    """

    agent: str = ""
    action: str = ""
    target: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ChainHead:
    """
    Where an account's chain ends (`number`, `hash`) and where it begins: `pruned` is the last entry that retention
    took. `closed` seals the parts before it that were closed because they are broken, "" for none. `signature` is over
    `signed`. `broken_at` is the entry where the last check (`checked_at`, ms) found a fault.
    """

    account_id: str
    number: int
    hash: str
    pruned: int
    pruned_hash: str
    signature: str
    closed: str = ""
    checked_at: int | None = None
    broken_at: int | None = None

    @property
    def signed(self) -> bytes:
        """What the server signs: both ends, so that neither can be cut and no chain be made anew without its key."""
        # The account too: else the log of one account could be put in the place of another's.
        ends = (self.account_id, self.number, self.hash, self.pruned, self.pruned_hash)
        return _canonical("lethe audit", *ends, *filter(None, [self.closed]))


@dataclass(frozen=True, slots=True)
class Part:
    """
    A part of a chain that was closed as it is, because it is broken at an entry: its `first` and `last` number, the
    `hash` of its last entry, a `digest` over all of it, when that was (ms), and when its entries went, if they did.
    """

    account_id: str
    first: int
    last: int
    hash: str
    digest: str
    broken_at: int
    why: str
    closed_at: int
    dropped_at: int | None = None


def seal(parts: Iterable[Part]) -> str:
    """Return the hash over a log's closed parts, each over the one before, or "" for none."""
    sealed = ""
    for each in parts:
        ends = (each.account_id, each.first, each.last, each.hash, each.digest)
        said = _canonical(sealed, *ends, each.broken_at, each.why, each.closed_at, each.dropped_at or 0)
        sealed = sha256(said).hexdigest()
    return sealed


def digest(entries: Iterable[AuditEntry]) -> str:
    """Return a hash over entries as they are, whether or not they hold together."""
    seen = sha256()
    for each in entries:
        said = (each.number, each.at, each.who, each.action, each.target, each.contact, each.hash)
        seen.update(_canonical(each.account_id, *said, *_more(each)) + b"\n")
    return seen.hexdigest()


def ending(found: str) -> str:
    """Return a chain's last hash as it was found, NOTHING where that is no hash."""
    return found if re.fullmatch(r"[0-9a-f]{64}", found) else NOTHING


def chained(before: str, entry: AuditEntry) -> str:
    """Return the hash of an entry that follows one with the hash `before`."""
    said = (entry.account_id, entry.number, entry.at, entry.who, entry.action, entry.target, entry.contact)
    return sha256(bytes.fromhex(before) + _canonical(*said, *_more(entry))).hexdigest()


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain does not hold: the number of the first entry that is not as it should be, and why."""

    number: int
    why: str


def broken(head: ChainHead, entries: Iterable[AuditEntry], after: int = 0) -> Break | None:
    """
    Return the first fault of a chain between the ends that its head names, None where it is whole. `after` is the last
    entry of its closed parts.
    """
    before, number = head.pruned_hash, head.pruned
    for number, entry in enumerate(entries, head.pruned + 1):
        if entry.number != number:
            return Break(number, "an entry is missing, or one too many")
        # Who drops the whole log and begins another has a chain that holds. Its first entry gives it away.
        if number == after + 1 and entry.action != (BEGINS_ANEW if after else BEGINS):
            return Break(number, "the log was begun anew")
        if chained(before, entry) != entry.hash:
            return Break(number, "an entry is not what was entered")
        before = entry.hash
    if (number, before) != (head.number, head.hash):
        return Break(min(number, head.number) + 1, "the log does not end where its head says")
    return None


def fits(field: str, value: str) -> bool:
    """Whether an entry can hold this as its `who`, `target` or `contact`."""
    return bool(_SHAPES[field].fullmatch(value))


def checked(known: Collection[str], who: str, action: str, target: str, contact: str, source: str = "") -> str:
    """
    Return the action's word. Raises ValueError where something is not an id, or the action not one of those known.
    """
    if action not in known:
        raise ValueError(f"no feature says that it enters {action}")
    if not (fits("who", who) and fits("target", target) and fits("contact", contact) and is_source(source)):
        # No erasure takes anything out of the chain, so nothing personal may ever get in.
        raise ValueError("an audit entry holds ids only")
    return action


def _more(entry: AuditEntry) -> list[str]:
    """Return what was not there from the beginning, only where an entry has it: older ones verify as they did."""
    return [entry.source] if entry.source else []


def _canonical(*said: str | int) -> bytes:
    return json.dumps(said, separators=(",", ":"), ensure_ascii=True).encode()
