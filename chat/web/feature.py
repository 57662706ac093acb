"""What a feature says of itself: one record each, which whoever gathers from all features reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from starlette.responses import Response
from starlette.routing import BaseRoute

from chat.core.access import Said
from chat.core.account_settings import Setting
from chat.core.errors import LetheError
from chat.core.locations import DataLocation
from chat.infra.gathered import (
    AccountChanged,
    AgreementUsed,
    Conversations,
    ErasureStep,
    ExportPart,
    FileRows,
    Follow,
    NewDevice,
    PasswordChanged,
    Recorder,
    Replay,
    RetentionRule,
    RetentionScopes,
    SecondFactors,
    SessionLimitsOf,
    SignInProviders,
    Stored,
    Sweep,
)
from chat.web.endpoint import Endpoint
from chat.web.menu import Menu
from chat.web.outgoing import OutgoingWebhook

Refusal = Callable[[LetheError], Response]
"""Says an error in a form of its own."""


class Table(Protocol):
    """A table of a schema, as far as is asked here."""

    @property
    def name(self) -> str:
        """What the database calls it."""


@dataclass(frozen=True)
class Feature:
    """
    A feature: its folder's name, the folder, and what is gathered from all features.

    - `tables`: those of its schema
    - `endpoints`: what it serves over HTTP (`chat/web/endpoint.py`); `sockets`
    - `permissions`: what may be allowed to agents, each with the lowest role that has it, or more about who does
    - `account_settings`: what an owner may set of an account
    - `menu`: its lines in the owner's menu
    - `sweeps`: what the clock does for it
    - `audited`: the actions that it enters in the audit log. A word once used keeps its meaning: old entries say it.
    - `retention_rules`: what of it goes by age, and what takes that
    - `retention_scopes`: the parts of an account that may keep things for days of their own
    - `data_locations`: where it keeps data but for its tables
    - `erasure_steps`: how these forget a contact
    - `agent_erasure_steps`: how what is not in a table of agents forgets one who is deleted
    - `export_parts`: what an export says of its tables beyond what the schema says of their columns
    - `file_rows`: the rows that its files on the disk belong to
    - `stored`: counts the bytes of its files, towards the account's quota
    - `account_changed`: is told when an account's settings change
    - `follows`: what it does while the services are open, as hearing the other processes
    - `agreement_used`: says that an agreement's id was used before, by somebody who is gone
    - `conversations`: answers what others ask about them; one feature does
    - `second_factors`: answers what signing in asks about them; one feature does
    - `sign_in_providers`: answers what signing in asks about identity providers; one feature does
    - `session_limits`: says how long sessions of an account last; one feature does
    - `refuses`: how it says what is refused below a path of its own, where that is not a problem of ours
    - `new_device`: is told that an agent signed in from a new device; one feature is
    - `password_changed`: is told that an agent's password was changed; one feature is
    - `outgoing`: what it sends to programs of others, by kind
    - `recorders`: are told what happened within the transaction in which it does
    - `replays`: how a restore does its actions again that are entered in the ledger

    In its folder are also its `templates`, and its words in `words.<locale>.json`.
    """

    name: str
    folder: Path
    tables: Sequence[Table] = ()
    endpoints: Sequence[Endpoint] = ()
    sockets: Sequence[BaseRoute] = ()
    permissions: Mapping[str, Said] = field(default_factory=dict)
    account_settings: Sequence[Setting[Any]] = ()
    menu: Sequence[Menu] = ()
    sweeps: Sequence[Sweep] = ()
    audited: Sequence[str] = ()
    retention_rules: Sequence[RetentionRule] = ()
    retention_scopes: Sequence[RetentionScopes] = ()
    data_locations: Sequence[DataLocation] = ()
    erasure_steps: Sequence[ErasureStep] = ()
    agent_erasure_steps: Sequence[ErasureStep] = ()
    export_parts: Sequence[ExportPart] = ()
    file_rows: Sequence[FileRows] = ()
    stored: Sequence[Stored] = ()
    account_changed: Sequence[AccountChanged] = ()
    follows: Sequence[Follow] = ()
    agreement_used: Sequence[AgreementUsed] = ()
    conversations: Conversations | None = None
    second_factors: SecondFactors | None = None
    sign_in_providers: SignInProviders | None = None
    session_limits: SessionLimitsOf | None = None
    refuses: Mapping[str, Refusal] = field(default_factory=dict)
    new_device: NewDevice | None = None
    password_changed: PasswordChanged | None = None
    outgoing: Mapping[str, OutgoingWebhook] = field(default_factory=dict)
    recorders: Sequence[Recorder] = ()
    replays: Mapping[str, Replay] = field(default_factory=dict)
