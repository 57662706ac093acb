"""The features of this server, each above those it uses. Whoever wants something of all of them reads it here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from chat.account.feature import feature as account
from chat.attachments.feature import feature as attachments
from chat.audit.feature import feature as audit
from chat.backup.feature import feature as backup
from chat.consent.feature import feature as consent
from chat.contacts.feature import feature as contacts
from chat.core import access
from chat.core.account_settings import Setting
from chat.core.locales import Locales
from chat.departments.feature import feature as departments
from chat.embed.feature import feature as embed
from chat.erasure.feature import feature as erasure
from chat.export.feature import feature as export
from chat.holds.feature import feature as holds
from chat.infra.bus import LEFT, NETWORKS
from chat.infra.gathered import ErasureStep, Gathered, RetentionRule, Sweep
from chat.infra.keys.keys import KEYS
from chat.infra.ledger.ledger import LEDGER
from chat.infra.store.folder import DATABASE, SECRET
from chat.letters.feature import feature as letters
from chat.profiles.feature import feature as profiles
from chat.quarantine.feature import feature as quarantine
from chat.record.feature import feature as record
from chat.retention.feature import feature as retention
from chat.rights.feature import feature as rights
from chat.spam_filter.feature import feature as spam_filter
from chat.team.feature import feature as team
from chat.tickets.feature import feature as tickets
from chat.web.feature import Feature
from chat.web.menu import Menu

T = TypeVar("T", RetentionRule, ErasureStep, Setting[Any])
Features = tuple[Feature, ...]
FEATURES: Features = (
    contacts,
    team,
    account,
    spam_filter,
    consent,
    attachments,
    tickets,
    quarantine,
    letters,
    erasure,
    holds,
    retention,
    departments,
    audit,
    record,
    export,
    rights,
    backup,
    profiles,
    embed,
)
OF_THE_SERVER = (KEYS, NETWORKS, LEFT, SECRET, DATABASE, LEDGER)
"""The data locations that are no feature's."""


def menu(features: Features = FEATURES) -> dict[str, list[Menu]]:
    """Return the owner's menu: the lines of each group in their order."""
    lines = sorted(
        (each for feature in features for each in feature.menu), key=lambda each: (each.group, each.position)
    )
    return {group: [each for each in lines if each.group == group] for group in dict.fromkeys(e.group for e in lines)}


def sweeps(features: Features = FEATURES) -> dict[str, Sweep]:
    """Return what the clock does, by name. A sweep that files requests comes before the one that carries them out."""
    return {each.name: each for feature in reversed(features) for each in feature.sweeps}


def permissions(features: Features = FEATURES) -> dict[str, frozenset[str]]:
    """Return the permissions of each role. Raises ValueError where two features say the same one."""
    return access.table(each.permissions for each in features)


def account_settings(features: Features = FEATURES) -> tuple[Setting[Any], ...]:
    """Return what an owner may set of an account, in its order. Raises ValueError where two have one name."""
    found = _in_order(each for feature in features for each in feature.account_settings)
    if len({each.name for each in found}) < len(found):
        raise ValueError(f"two settings have one name: {', '.join(each.name for each in found)}")
    return found


def gathered(features: Features = FEATURES) -> Gathered:
    """Return what actions gather from all features. Raises ValueError unless just one has the conversations."""
    (conversations,) = (each.conversations for each in features if each.conversations is not None)
    return Gathered(
        permissions=permissions(features),
        settings=account_settings(features),
        audited=frozenset(word for each in features for word in each.audited),
        locales=Locales([each.folder for each in features]),
        data_locations=(*OF_THE_SERVER, *(location for each in features for location in each.data_locations)),
        erasure_steps=_in_order(step for each in features for step in each.erasure_steps),
        stored=tuple(stored for each in features for stored in each.stored),
        account_changed=tuple(follow for each in features for follow in each.account_changed),
        agreement_used=tuple(is_used for each in features for is_used in each.agreement_used),
        conversations=conversations,
        export_parts={part.table: part for each in features for part in each.export_parts},
        retention_scopes=tuple(scopes for each in features for scopes in each.retention_scopes),
        retention_rules=_in_order(rule for each in features for rule in each.retention_rules),
    )


def _in_order(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(found, key=lambda each: each.order))
