"""
Scopes: what an API token may be used for, of that which its agent may do (RFC 6749, 3.3; RFC 6750, 3.1).

A scope is a resource with `read` or `write`, which reads too. `visitor-data` stands apart: without it nothing that a
visitor wrote or gave is handed out. `all` is whatever the agent may. Each permission needs some scopes, and one of
which nothing is said here needs `all`: what is new is closed until somebody thought of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from chat.core.errors import InvalidField

ALL, VISITOR_DATA = "all", "visitor-data"
NEEDED: Mapping[str, str] = {
    "account.change": "account:write",
    "account.read": "",  # whose it is may be asked with every token
    "agent.manage": "agents:write",
    "agent.read": "agents:read",
    "audit.check": "audit:write",
    "audit.read": "audit:read",
    "canned_response.manage": "canned-responses:write",
    "canned_response.read": "canned-responses:read",
    "contact.block": "contacts:write visitor-data",
    "contact.change": "contacts:write visitor-data",
    "contact.export": "contacts:read visitor-data",
    "contact.export_held": "contacts:read visitor-data",
    "contact.merge": "contacts:write visitor-data",
    "contact.read": "contacts:read visitor-data",
    # Who has the secret can be any customer, and read what they wrote.
    "customer.secret": "sites:write visitor-data",
    "department.change": "departments:write",
    "department.read": "departments:read",
    "erasure.ask": "erasures:write",
    "erasure.confirm": "erasures:write",
    "erasure.oversee": "erasures:read",
    "erasure.read": "erasures:read",
    "export.delete": "contacts:read exports:write visitor-data",
    "export.list": "exports:read",
    "filter.read": "spam:read",
    "filter.train": "spam:write visitor-data",
    "hold.change": "holds:write visitor-data",
    "hold.read": "holds:read visitor-data",
    "message.redact": "tickets:write visitor-data",
    "network.change": "networks:write",
    "network.read": "networks:read",
    "notice.publish": "notices:write",
    "notice.read": "notices:read",
    "own_response.own": "canned-responses:write",
    "profile.own": "profile:write",
    "provider.change": "identity-providers:write",
    "provider.read": "identity-providers:read",
    "quarantine.read": "spam:read visitor-data",
    "record.read": "record:read",
    "retention.change": "retention:write",
    "retention.read": "retention:read",
    "retention.run": "retention:write",
    "role.change": "roles:write",
    "role.read": "roles:read",
    "routing.change": "departments:write",
    "scim.change": "scim:write",
    "scim.read": "scim:read",
    "session.own": "profile:write",
    "site.change": "sites:write",
    "site.read": "sites:read",
    "spam.classify": "spam:read",
    "spam.mark": "tickets:write spam:write visitor-data",
    "tag.manage": "tags:write visitor-data",
    "tag.read": "tags:read visitor-data",
    "ticket.answer": "tickets:write visitor-data",
    "ticket.change": "tickets:write visitor-data",
    "ticket.delete": "tickets:write visitor-data",
    "ticket.read": "tickets:read visitor-data",
    "ticket.read_all": "",
    "ticket_field.change": "ticket-fields:write",
    "ticket_field.read": "ticket-fields:read",
    "token.make": "tokens:write",
    "token.oversee": "tokens:read",
    "token.read": "tokens:read",
    "view.own": "views:write visitor-data",
    "webhook.change": "webhooks:write",
    "webhook.read": "webhooks:read",
}
"""The scopes that each permission needs, all of them. What is read of a filter's training shows what visitors wrote."""
_NAMED = {each for needed in NEEDED.values() for each in needed.split()} - {VISITOR_DATA}
RESOURCES = tuple(sorted({each.partition(":")[0] for each in _NAMED}))
KNOWN = (ALL, VISITOR_DATA, *(f"{each}:{way}" for each in RESOURCES for way in ("read", "write")))


def has(held: Collection[str] | None, scope: str) -> bool:
    """Whether a scope is among those held. None are those of who signed in: every one."""
    if held is None or ALL in held or scope in held:
        return True
    resource, _, way = scope.partition(":")
    return way == "read" and f"{resource}:write" in held


def missing(held: Collection[str] | None, permission: str) -> list[str]:
    """Return the scopes that a permission needs beyond those held."""
    return [each for each in NEEDED.get(permission, ALL).split() if not has(held, each)]


def checked(given: Iterable[str]) -> list[str]:
    """Return scopes in their order, each once. Raises InvalidField where there is none, or one that nobody knows."""
    wanted = set(given)
    if not wanted or not wanted <= {*KNOWN}:
        raise InvalidField(f"Give scopes, each one of {', '.join(KNOWN)}", field="scopes")
    return [each for each in KNOWN if each in wanted]
