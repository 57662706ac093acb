"""What a feature says of itself: one record each, which whoever gathers from all features reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from starlette.routing import BaseRoute

from chat.core.access import Role
from chat.core.account_settings import Setting
from chat.core.locations import DataLocation
from chat.infra.gathered import (
    AccountChanged,
    AgreementUsed,
    Conversations,
    ErasureStep,
    ExportPart,
    Follow,
    RetentionRule,
    RetentionScopes,
    Stored,
    Sweep,
)
from chat.web.endpoint import Endpoint
from chat.web.menu import Menu


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
    - `permissions`: what may be allowed to agents, each with the lowest role that has it
    - `account_settings`: what an owner may set of an account
    - `menu`: its lines in the owner's menu
    - `sweeps`: what the clock does for it
    - `audited`: the actions that it enters in the audit log. A word once used keeps its meaning: old entries say it.
    - `retention_rules`: what of it goes by age, and what takes that
    - `retention_scopes`: the parts of an account that may keep things for days of their own
    - `data_locations`: where it keeps data but for its tables
    - `erasure_steps`: how these forget a contact
    - `export_parts`: what an export says of its tables beyond what the schema says of their columns
    - `stored`: counts the bytes of its files, towards the account's quota
    - `account_changed`: is told when an account's settings change
    - `follows`: what it does while the services are open, as hearing the other processes
    - `agreement_used`: says that an agreement's id was used before, by somebody who is gone
    - `conversations`: answers what others ask about them; one feature does

    In its folder are also its `templates`, and its words in `words.<locale>.json`.
    """

    name: str
    folder: Path
    tables: Sequence[Table] = ()
    endpoints: Sequence[Endpoint] = ()
    sockets: Sequence[BaseRoute] = ()
    permissions: Mapping[str, Role] = field(default_factory=dict)
    account_settings: Sequence[Setting[Any]] = ()
    menu: Sequence[Menu] = ()
    sweeps: Sequence[Sweep] = ()
    audited: Sequence[str] = ()
    retention_rules: Sequence[RetentionRule] = ()
    retention_scopes: Sequence[RetentionScopes] = ()
    data_locations: Sequence[DataLocation] = ()
    erasure_steps: Sequence[ErasureStep] = ()
    export_parts: Sequence[ExportPart] = ()
    stored: Sequence[Stored] = ()
    account_changed: Sequence[AccountChanged] = ()
    follows: Sequence[Follow] = ()
    agreement_used: Sequence[AgreementUsed] = ()
    conversations: Conversations | None = None
