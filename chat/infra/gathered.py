"""
What features say of themselves to those who gather it from all of them, and who know no feature: it is handed in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chat.core.access import Right
from chat.core.account_settings import Setting
from chat.core.events import Event
from chat.core.locales import Locales
from chat.core.locations import DataLocation
from chat.core.model import Contact
from chat.infra.pauses import Pause
from chat.infra.store.ageing import AgeingKind, Found, Policy
from chat.infra.store.tx import Tx

if TYPE_CHECKING:  # what is gathered is among the services, and works with them
    from chat.infra.services import Services

YEAR, TEN_YEARS = 365, 3650


@dataclass(frozen=True)
class Sweep:
    """A job that finds what is due, does it and returns how much, every so many `seconds`. It can be killed."""

    name: str
    run: Callable[[Services], Awaitable[int]]
    seconds: float


@dataclass(frozen=True)
class Batch(ABC):
    """Some things of a kind that were due a moment ago. `pause` lets others have their turn."""

    services: Services
    kind: AgeingKind
    policy: Policy
    found: Sequence[Found]
    pause: Pause

    @abstractmethod
    def still(self, tx: Tx, found: Sequence[Found] | None = None) -> list[Found]:
        """Return those that are due even now, and count them as purged in this transaction."""

    @abstractmethod
    def count(self, tx: Tx, number: int) -> None:
        """Count so many as purged in this transaction."""


@dataclass(frozen=True)
class RetentionRule:
    """
    Things of one kind go so many days (`default`, `least` to `most`) after what `since` names. `take` purges some that
    are due. `units` is what the counts count; rules go and are shown by their `order`.

    `resume` does what a `take` that was killed left half done and returns how much. `catch_up` takes over what another
    process purged of an account, where nobody may have told this one.
    """

    name: str
    units: str
    since: str
    default: int
    kind: AgeingKind
    take: Callable[[Batch], Awaitable[None]]
    least: int = 1
    most: int = TEN_YEARS
    order: int = 100
    resume: Callable[[Services], Awaitable[int]] | None = None
    catch_up: Callable[[Services, str], Awaitable[None]] | None = None

    @property
    def by_scope(self) -> bool:
        """Whether a part of an account may have days of its own."""
        return self.kind.scope is not None


@dataclass(frozen=True)
class RetentionScope:
    """A part of an account: its id, its name, and the days by rule in which it differs from the account."""

    id: str
    name: str
    days: Mapping[str, int]


@dataclass(frozen=True)
class RetentionScopes:
    """
    The parts of an account that may keep things otherwise, as `of` reads them: under which `name` answers and words
    (`retention.scopes.<name>`) have them, and on which `page` an owner changes them.
    """

    name: str
    page: str
    of: Callable[[Tx, str], Sequence[RetentionScope]]


@dataclass(frozen=True, slots=True)
class DataSubject:
    """
    The person that an erasure (an id) is about: a contact, by both keys of theirs, or an agent, who has no `contact_id`
    (0) and whose tickets go to an `heir`; and the slot of the key to what is sealed of them.
    """

    erasure: str
    account_id: str
    contact_id: int
    uid: str
    key_slot: int
    heir: str | None = None


@dataclass(frozen=True)
class ErasureStep:
    """
    A data location, how many of a person's things are there (`look`), and the removal of some of them (`take`), which
    returns how many and is called until that is none. Steps go by their `order`, after the key and before the tables.
    """

    location: DataLocation
    look: Callable[[Services, DataSubject], Awaitable[int]]
    take: Callable[[Services, DataSubject], Awaitable[int]]
    order: int = 100


class FileOf(Protocol):
    """Opens the file that an item with an id stands for. Raises NotFound or Sealed where there is none."""

    async def __call__(self, services: Services, contact: Contact, uid: str, /) -> Iterator[bytes]:
        """Return its bytes, piece by piece."""


@dataclass(frozen=True)
class ExportPart:
    """
    What an export says of a table beyond its columns, which are given by what the schema says of them: of which rows
    nothing, as they are `unsent`; what it says `more` of one, by its item and its row; and the bytes of its `file`,
    where an item with `id`, `name` and `type` stands for one.
    """

    table: str
    unsent: Callable[[Mapping[str, Any]], bool] | None = None
    more: Callable[[Services, Contact, dict[str, Any], Mapping[str, Any]], dict[str, Any]] | None = None
    file: FileOf | None = None


@dataclass(frozen=True)
class FileRows:
    """
    The rows of a table that files on the disk belong to: which files those are that they refer to (owner, name, whether
    there is a preview), and which of some (owner, name) have one.
    """

    referred: Callable[[Tx], Sequence[tuple[str, str, bool]]]
    known: Callable[[Tx, Sequence[tuple[str, str]]], set[tuple[str, str]]]


Stored = Callable[[Tx, str | None], int]
"""How many bytes of files a feature keeps of an account, or of all (None)."""
Follow = Callable[["Services"], AbstractAsyncContextManager[None]]
"""Something that is done while the services are open. It is entered before anybody is served."""
AgreementUsed = Callable[[Tx, str], bool]
"""Whether what an agreement is found by (`Services.begun_hash`) was used before, by somebody who is gone."""
Recorder = Callable[["Services", Tx, Sequence[Event]], None]
"""Told of events that leave the server, in their order and in the transaction in which they happen."""
Entered = dict[str, Any]
"""What an entry of the ledger says of an action."""
Replay = Callable[["Services", Entered], Awaitable[None]]
"""Does an action of the ledger again to what was restored. Done twice, it is done once."""
AccountChanged = Callable[["Services", str, Collection[str]], Awaitable[None]]
"""Told after an account's settings were changed: of which account, and which settings."""


class Conversations(Protocol):
    """What features below the one that has conversations ask about them, each in a transaction of its own."""

    def has_written(self, tx: Tx, contact_id: int, /) -> bool:
        """Whether a contact has a ticket."""

    def count_running(self, tx: Tx, account_id: str, sites: Collection[str], /) -> int:
        """Return how many tickets of an account, begun at these sites of it, have not ended."""

    def numbers(self, tx: Tx, account_id: str, ids: Collection[int], /) -> Mapping[int, int]:
        """Return the numbers of those tickets, by key, that are the account's and are not being deleted."""

    def texts(
        self, tx: Tx, account_id: str, refs: Collection[tuple[int, int]], /
    ) -> Mapping[tuple[int, int], tuple[bytes, bytes]]:
        """Return of each of these messages (ticket, `seq`) of an account the client's id and the sealed text."""


class SecondFactors(Protocol):
    """What signing in asks of the feature above it that has second factors, each in a transaction of its own."""

    def is_set(self, tx: Tx, agent_id: str, /) -> bool:
        """Whether an agent has a second factor, and must show it after the password."""

    def is_due(self, tx: Tx, agent: Any, at: int, /) -> bool:
        """Whether an agent, given by their row, must have turned one on by a time (ms), and has not."""

    def note_shown(self, tx: Tx, session_id: str, at: int, /) -> None:
        """Note that a session showed at a time (ms) who its agent is: it has begun."""


class SignInProviders(Protocol):
    """What signing in asks of the feature above it that has identity providers, each in a transaction of its own."""

    def is_any(self, tx: Tx, /) -> bool:
        """Whether anybody signs in through one."""

    def required(self, services: Services, tx: Tx, agent: Any, /) -> str | None:
        """Return the id of the one through which alone an agent, given by their row, signs in, None for no such."""

    def is_linked(self, tx: Tx, agent_id: str, /) -> bool:
        """Whether an agent signs in through one, and so can show there again who they are."""


@dataclass(frozen=True)
class SessionLimits:
    """How long an account lets a session last (`longest`) and lie unused (`idle`), in ms."""

    longest: int
    idle: int


NewDevice = Callable[["Services", Tx, Any, str], None]
"""Told, in the transaction in which it is entered, that the agent of a row signed in from a new device of a kind."""
PasswordChanged = Callable[["Services", Tx, Any], None]
"""Told, in the transaction in which it is entered, that the password of the agent of a row was changed."""
SessionLimitsOf = Callable[[Tx, str], SessionLimits]
"""The limits of an account, as they are now."""


@dataclass(frozen=True)
class Gathered:
    """
    Of all features: the permissions that each role has usually, who may have which of them, what an owner may set of an
    account, the actions that may be entered in the audit log, the words, the rules of retention and the steps of an
    erasure in their order, those for contacts and those for agents, the parts of an account that keep things otherwise,
    the data locations that are no tables, what an export says more of a table by its name, the rows of files, what
    counts their bytes, who is called when an account's settings change, who knows that an agreement is used up, who
    answers about conversations, who about second factors, who about identity providers, how long sessions last, whom to
    tell of a new device and of a changed password, who records what happened, and how a restore does each action of the
    ledger again.
    """

    permissions: Mapping[str, frozenset[str]]
    rights: Mapping[str, Right]
    settings: tuple[Setting[Any], ...]
    audited: frozenset[str]
    retention_rules: tuple[RetentionRule, ...]
    retention_scopes: tuple[RetentionScopes, ...]
    locales: Locales
    data_locations: tuple[DataLocation, ...]
    erasure_steps: tuple[ErasureStep, ...]
    agent_erasure_steps: tuple[ErasureStep, ...]
    export_parts: Mapping[str, ExportPart]
    file_rows: tuple[FileRows, ...]
    stored: tuple[Stored, ...]
    account_changed: tuple[AccountChanged, ...]
    agreement_used: tuple[AgreementUsed, ...]
    conversations: Conversations
    second_factors: SecondFactors
    sign_in_providers: SignInProviders
    session_limits: SessionLimitsOf
    new_device: NewDevice
    password_changed: PasswordChanged
    recorders: tuple[Recorder, ...]
    replays: Mapping[str, Replay]
