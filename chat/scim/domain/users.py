"""
Users as SCIM says them (RFC 7643): what of them is kept here, and what is wanted of one.

What is standard and not kept here (telephones, titles, managers) is left out, and the answer shows what is kept. A name
that is in no schema is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import Struct

from chat.core import addresses, texts
from chat.core.errors import InvalidField

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ROLES = ("agent", "admin", "auditor")
"""Those that an identity provider may give. Nobody becomes an owner by it."""
USUAL, LONGEST, OPERATIONS = ROLES[0], 200, 100
TRUTHS = {"true": True, "false": False}
UNKEPT = frozenset(
    {
        *("addresses", "emails", "entitlements", "groups", "ims", "locale", "name", "nickname", "password"),
        *("phonenumbers", "photos", "preferredlanguage", "profileurl", "roles", "timezone", "title", "usertype"),
        *("x509certificates", "schemas", "id", "meta"),
    }
)
"""Attributes (RFC 7643, 4.1) of which nothing more is kept. A password is nobody's to set from outside."""


class UserState(Struct, frozen=True):
    """An agent as an identity provider sees one; `version` is a tag of all that. `created_at` is RFC 3339."""

    id: str
    user_name: str
    display_name: str
    active: bool
    role: str
    created_at: str
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class WantedUser:
    """What is wanted of a user. Parts of a name count only where there is no `display_name`."""

    user_name: str = ""
    display_name: str = ""
    external_id: str | None = None
    active: bool = True
    role: str = USUAL
    formatted: str = ""
    given: str = ""
    family: str = ""

    @property
    def name(self) -> str:
        """The name that other agents see."""
        parts = " ".join(filter(None, (self.given, self.family)))
        return self.display_name or self.formatted or parts


def refusal(detail: str, scim_type: str, field: str) -> InvalidField:
    """Return a refusal with its `scimType` (RFC 7644, table 9)."""
    return InvalidField(detail, field=field, scim_type=scim_type)


def wanted_of(body: Mapping[str, Any], state: UserState | None = None) -> WantedUser:
    """
    Return what the body of a POST wants, or of a PUT to a user in a `state`: what that does not say stays as it is
    (RFC 7644, 3.5.1), as clients that know no roles would take everybody's away. Raises InvalidField.
    """
    _require_schema(body, USER)
    made = WantedUser()
    if state is not None:
        made = WantedUser(external_id=state.external_id, active=state.active, role=state.role)
    for name, value in body.items():
        made = _set(made, plain_name(name), value)
    if not made.user_name:
        raise refusal("Give userName: the address with which they sign in", "invalidValue", "userName")
    if not made.name:
        raise refusal("Give displayName, or name with formatted or its parts", "invalidValue", "displayName")
    return made


def patched(state: UserState, body: Mapping[str, Any]) -> WantedUser:
    """Return what the operations of a PATCH make of a user (RFC 7644, 3.5.2). Raises InvalidField."""
    _require_schema(body, PATCH)
    operations = next((value for name, value in body.items() if name.lower() == "operations"), None)
    if not isinstance(operations, list) or not 0 < len(operations) <= OPERATIONS:
        raise refusal(f"Give from 1 to {OPERATIONS} Operations", "invalidSyntax", "Operations")
    made = WantedUser(state.user_name, "", state.external_id, state.active, state.role)
    for each in operations:
        made = _operated(made, each)
    return made if made.name else replace(made, display_name=state.display_name)


def _operated(made: WantedUser, operation: object) -> WantedUser:
    if not isinstance(operation, dict):
        raise refusal("An operation is an object", "invalidSyntax", "Operations")
    said = {name.lower(): value for name, value in operation.items()}
    # Entra begins them with a capital.
    op, path, value = str(said.get("op", "")).lower(), said.get("path"), said.get("value")
    if path is not None and not isinstance(path, str):
        raise refusal("A path is a text", "invalidPath", "path")
    if op == "remove":
        return _removed(made, path)
    if op not in {"add", "replace"}:
        raise refusal("An operation is add, replace or remove", "invalidSyntax", "op")
    if path:
        return _set(made, plain_name(path), value, patch=True)
    if not isinstance(value, dict):
        raise refusal("Without a path the value is an object", "invalidValue", "value")
    for name, one in value.items():
        made = _set(made, plain_name(name), one, patch=True)
    return made


def _removed(made: WantedUser, path: str | None) -> WantedUser:
    if not path:
        raise refusal("To remove something, name it by its path", "noTarget", "path")
    match plain_name(path).partition(".")[0]:
        case "externalid":
            return replace(made, external_id=None)
        case "roles":
            return replace(made, role=USUAL)
        case "username" | "displayname" | "active" | "emails":
            raise refusal("This is always there, and cannot be removed", "mutability", "path")
        case name:
            return _set(made, name, None, patch=True)


def _set(made: WantedUser, name: str, value: Any, *, patch: bool = False) -> WantedUser:
    """Return what is wanted with an attribute set. `name` is as `plain_name` gives it."""
    if name in READ:
        field, read = READ[name]
        return replace(made, **{field: read(value)})
    if name == "name" and isinstance(value, dict):
        for each, one in value.items():
            made = _set(made, f"name.{each.lower()}", one, patch=patch)
        return made
    if patch and name in {"emails", "emails.value"}:
        return _same_address(made, value)
    # Of a complex attribute any part, of a multi-valued one any element.
    if name.partition(".")[0] in UNKEPT or name.startswith(ENTERPRISE.lower()):
        return made
    raise refusal("There is no such attribute", "invalidPath" if patch else "invalidSyntax", "attribute")


def plain_name(name: str) -> str:
    """Return an attribute's name in one spelling: without its schema, and without a filter that picks an element."""
    said = name.strip().lower()
    if said.startswith(f"{USER.lower()}:"):
        said = said[len(USER) + 1 :]
    before, opens, rest = said.partition("[")
    _, closes, after = rest.partition("]")
    if opens and not closes:
        raise refusal("This is no path", "invalidPath", "path")
    return before + after


def _text(value: Any, field: str) -> str:
    if not isinstance(value, str) or not 0 < len(texts.line(value[: LONGEST + 1])) <= LONGEST:
        raise refusal(f"Give a text of 1 to {LONGEST} characters", "invalidValue", field)
    return value


def _truth(value: Any) -> bool:
    """Read a truth value, which Entra sends as a text with a capital."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in TRUTHS:
        return TRUTHS[value.lower()]
    raise refusal("Say true or false", "invalidValue", "active")


def _role(value: Any) -> str:
    given = value if isinstance(value, list) else [value]
    named = [each.get("value") if isinstance(each, dict) else each for each in given if each is not None]
    # Compared and not looked up: what is no text may have no hash.
    if any(each not in ROLES or each != named[0] for each in named):
        raise refusal(f"A user has one role, of {', '.join(ROLES)}", "invalidValue", "roles")
    return str(named[0]) if named else USUAL


def _same_address(made: WantedUser, value: Any) -> WantedUser:
    """Take the addresses that a user has, and no others: they are read from userName."""
    given = value if isinstance(value, list) else [value]
    for each in given:
        said = each.get("value") if isinstance(each, dict) else each
        if not isinstance(said, str) or said.lower() != made.user_name.lower():
            raise refusal("The address is that of userName, which does not change", "mutability", "emails")
    return made


def _address(value: Any) -> str:
    try:
        return addresses.address(_text(value, "userName"))
    except InvalidField:
        raise refusal("userName is the address with which they sign in", "invalidValue", "userName") from None


def _named(value: Any) -> str:
    return "" if value is None else _text(value, "name")


READ: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "username": ("user_name", _address),
    "displayname": ("display_name", lambda value: _text(value, "displayName")),
    "externalid": ("external_id", lambda value: None if value is None else _text(value, "externalId")),
    "active": ("active", _truth),
    "roles": ("role", _role),
    "roles.value": ("role", _role),
    "name.formatted": ("formatted", _named),
    "name.givenname": ("given", _named),
    "name.familyname": ("family", _named),
}
"""By an attribute, what of a wanted user it says and how it is read."""


def _require_schema(body: Mapping[str, Any], urn: str) -> None:
    given = next((value for name, value in body.items() if name.lower() == "schemas"), None)
    if not isinstance(given, list) or urn.lower() not in {str(each).lower() for each in given}:
        raise refusal(f"schemas names {urn}", "invalidSyntax", "schemas")
