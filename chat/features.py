"""The features of this server, each above those it uses. Whoever wants something of all of them reads it here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from chat.account.feature import feature as account
from chat.agent_mail.feature import feature as agent_mail
from chat.agent_profile.feature import feature as agent_profile
from chat.answer_mail.feature import feature as answer_mail
from chat.api_docs.feature import feature as api_docs
from chat.attachments.feature import feature as attachments
from chat.audit.feature import feature as audit
from chat.backup.feature import feature as backup
from chat.canned_responses.feature import feature as canned_responses
from chat.consent.feature import feature as consent
from chat.contacts.feature import feature as contacts
from chat.core import access
from chat.core.account_settings import Setting
from chat.core.locales import Locales
from chat.customers.feature import feature as customers
from chat.departments.feature import feature as departments
from chat.embed.feature import feature as embed
from chat.erasure.feature import feature as erasure
from chat.export.feature import feature as export
from chat.factors.feature import feature as factors
from chat.holds.feature import feature as holds
from chat.identity_providers.feature import feature as identity_providers
from chat.infra.bus import LEFT, NETWORKS
from chat.infra.gathered import ErasureStep, Gathered, Replay, RetentionRule, Sweep
from chat.infra.keys.keys import KEYS
from chat.infra.ledger.ledger import LEDGER
from chat.infra.store.folder import DATABASE, SECRET
from chat.invitations.feature import feature as invitations
from chat.letters.feature import feature as letters
from chat.lifecycle.feature import feature as lifecycle
from chat.networks.feature import feature as networks
from chat.own_responses.feature import feature as own_responses
from chat.passkeys.feature import feature as passkeys
from chat.password_resets.feature import feature as password_resets
from chat.portraits.feature import feature as portraits
from chat.profiles.feature import feature as profiles
from chat.push.feature import feature as push
from chat.quarantine.feature import feature as quarantine
from chat.record.feature import feature as record
from chat.response_files.feature import feature as response_files
from chat.retention.feature import feature as retention
from chat.rights.feature import feature as links
from chat.roles.feature import feature as roles
from chat.routing.feature import feature as routing
from chat.scim.feature import feature as scim
from chat.search.feature import feature as search
from chat.spam_filter.feature import feature as spam_filter
from chat.tags.feature import feature as tags
from chat.team.feature import feature as team
from chat.ticket_fields.feature import feature as ticket_fields
from chat.tickets.feature import feature as tickets
from chat.tokens.feature import feature as tokens
from chat.views.feature import feature as views
from chat.waiting_mail.feature import feature as waiting_mail
from chat.web.feature import Feature
from chat.web.menu import Menu
from chat.webhooks.feature import feature as webhooks

T = TypeVar("T", RetentionRule, ErasureStep, Setting[Any])
Features = tuple[Feature, ...]
FEATURES: Features = (
    contacts,
    roles,
    tokens,
    networks,
    team,
    account,
    agent_mail,
    password_resets,
    passkeys,
    factors,
    invitations,
    identity_providers,
    spam_filter,
    customers,
    consent,
    attachments,
    portraits,
    agent_profile,
    ticket_fields,
    tickets,
    quarantine,
    letters,
    answer_mail,
    erasure,
    holds,
    retention,
    departments,
    routing,
    waiting_mail,
    push,
    response_files,
    canned_responses,
    own_responses,
    views,
    tags,
    search,
    lifecycle,
    webhooks,
    scim,
    audit,
    record,
    export,
    links,
    backup,
    profiles,
    embed,
    api_docs,
)
OF_THE_SERVER = (KEYS, NETWORKS, LEFT, SECRET, DATABASE, LEDGER)
"""The data locations that are no feature's."""


def menu(features: Features = FEATURES) -> dict[str, list[Menu]]:
    """Return the owner's menu: the lines of each group in their order."""
    needs = {each.path: each.permission for feature in features for each in feature.endpoints if each.verb == "GET"}
    lines = sorted(
        (replace(each, permission=needs.get(each.path)) for feature in features for each in feature.menu),
        key=lambda each: (each.group, each.position),
    )
    return {group: [each for each in lines if each.group == group] for group in dict.fromkeys(e.group for e in lines)}


def sweeps(features: Features = FEATURES) -> dict[str, Sweep]:
    """Return what the clock does, by name. A sweep that files requests comes before the one that carries them out."""
    return {each.name: each for feature in reversed(features) for each in feature.sweeps}


def permissions(features: Features = FEATURES) -> dict[str, frozenset[str]]:
    """Return the usual permissions of each role. Raises ValueError where two features say the same one."""
    return access.table(each.permissions for each in features)


def rights(features: Features = FEATURES) -> dict[str, access.Right]:
    """Return every permission with who may have it. Raises ValueError as `permissions`."""
    return access.rights(each.permissions for each in features)


def account_settings(features: Features = FEATURES) -> tuple[Setting[Any], ...]:
    """Return what an owner may set of an account, in its order. Raises ValueError where two have one name."""
    found = _in_order(each for feature in features for each in feature.account_settings)
    if len({each.name for each in found}) < len(found):
        raise ValueError(f"two settings have one name: {', '.join(each.name for each in found)}")
    return found


def gathered(features: Features = FEATURES) -> Gathered:
    """Return what actions gather from all features. Raises ValueError unless one has each of what one must."""
    (conversations,) = (each.conversations for each in features if each.conversations is not None)
    (second_factors,) = (each.second_factors for each in features if each.second_factors is not None)
    (sign_in_providers,) = (each.sign_in_providers for each in features if each.sign_in_providers is not None)
    (session_limits,) = (each.session_limits for each in features if each.session_limits is not None)
    (new_device,) = (each.new_device for each in features if each.new_device is not None)
    (password_changed,) = (each.password_changed for each in features if each.password_changed is not None)
    return Gathered(
        permissions=permissions(features),
        rights=rights(features),
        settings=account_settings(features),
        audited=frozenset(word for each in features for word in each.audited),
        locales=Locales([each.folder for each in features]),
        data_locations=(*OF_THE_SERVER, *(location for each in features for location in each.data_locations)),
        erasure_steps=_in_order(step for each in features for step in each.erasure_steps),
        agent_erasure_steps=_in_order(step for each in features for step in each.agent_erasure_steps),
        file_rows=tuple(rows for each in features for rows in each.file_rows),
        stored=tuple(stored for each in features for stored in each.stored),
        account_changed=tuple(follow for each in features for follow in each.account_changed),
        agreement_used=tuple(is_used for each in features for is_used in each.agreement_used),
        conversations=conversations,
        second_factors=second_factors,
        sign_in_providers=sign_in_providers,
        session_limits=session_limits,
        new_device=new_device,
        password_changed=password_changed,
        replays=_replays(features),
        recorders=tuple(recorder for each in features for recorder in each.recorders),
        export_parts={part.table: part for each in features for part in each.export_parts},
        retention_scopes=tuple(scopes for each in features for scopes in each.retention_scopes),
        retention_rules=_in_order(rule for each in features for rule in each.retention_rules),
    )


def _replays(features: Features) -> dict[str, Replay]:
    """Return by action how a restore does it again. Raises ValueError where two features do one action again."""
    every = [each for feature in features for each in feature.replays.items()]
    if len({did for did, _ in every}) < len(every):
        raise ValueError(f"two features do one action of the ledger again: {', '.join(did for did, _ in every)}")
    return dict(every)


def _in_order(found: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(found, key=lambda each: each.order))
