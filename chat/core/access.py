"""
What an actor may do: what is among their permissions and nothing else. The features say which role has which, and which
of them an owner may give or take.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from chat.core import scopes
from chat.core.errors import Forbidden
from chat.core.model import Actor

Role = Literal["auditor", "agent", "admin", "owner"]
ROLES: tuple[str, ...] = get_args(Role)
"""None may manage those after it."""
LINE: tuple[str, ...] = ("agent", "admin", "owner")
"""Of these, unless an owner says otherwise, each has what those before it have. An auditor stands beside them."""
SHOWN = (*LINE, "auditor")
"""In the order in which people read them."""


@dataclass(frozen=True)
class Right:
    """
    A permission, and who has it.

    - `lowest`: the first role in LINE that has it where the owner says nothing
    - `never_below`: the first to which an owner may give it
    - `always`: the roles from which nobody takes it, as they would be shut out
    - `audits`: an auditor has it. It shows no visitor's words and no contact's name, and changes nothing.
    """

    lowest: Role
    never_below: Role = "agent"
    always: Collection[str] = ()
    audits: bool = False

    def usual(self, role: str) -> bool:
        """Whether a role has it where the owner says nothing."""
        return self.audits if role == "auditor" else _reaches(role, self.lowest)

    def is_open(self, role: str) -> bool:
        """Whether an owner may give it to a role, or take it."""
        if role in self.always:
            return False
        return self.audits if role == "auditor" else _reaches(role, self.never_below)


Said = Role | Right
"""How a feature says a permission: by the lowest role that has it where there is no more to say."""
EVERYBODY = Right("agent", always=ROLES, audits=True)
"""Without it no page opens."""
MANAGERS = Right("admin", never_below="admin", always=("owner",))
"""With it one could take all others, or shut everybody out."""


def rights(said: Iterable[Mapping[str, Said]]) -> dict[str, Right]:
    """Return every permission by its name. Raises ValueError where one is named twice."""
    named = [(name, each) for one in said for name, each in one.items()]
    names = [name for name, _ in named]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(twice)} is said to be a permission twice")
    return {name: each if isinstance(each, Right) else Right(each) for name, each in named}


def table(said: Iterable[Mapping[str, Said]]) -> dict[str, frozenset[str]]:
    """Return the permissions that each role has where no owner says otherwise. Raises ValueError as `rights`."""
    known = rights(said)
    return {role: allowed(known, role, {}) for role in ROLES}


def allowed(known: Mapping[str, Right], role: str, changed: Mapping[str, bool]) -> frozenset[str]:
    """Return the permissions of a role where an owner `changed` some. What they may not change stays as it is."""
    return frozenset(
        name
        for name, right in known.items()
        if (changed.get(name, right.usual(role)) if right.is_open(role) else right.usual(role))
    )


def can(actor: Actor, permission: str) -> bool:
    """Whether the actor has a permission, and the scopes for it where they came with a token."""
    return permission in actor.permissions and not scopes.missing(actor.scopes, permission)


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless the actor has a permission, and the scopes for it where they came with a token."""
    if permission not in actor.permissions:
        raise Forbidden("Your role does not have this right; an owner of the account may give it")
    if lacks := scopes.missing(actor.scopes, permission):
        raise Forbidden(f"This API token lacks the scope {' and '.join(lacks)}", scopes=lacks)


def require_person(actor: Actor) -> None:
    """Raise Forbidden for who came with a token: this is for whoever is signed in."""
    if actor.token_id:
        raise Forbidden("This is for whoever is signed in, not for a program")


def _reaches(role: str, least: Role) -> bool:
    return role in LINE and LINE.index(role) >= LINE.index(least)
