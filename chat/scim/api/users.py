"""Users over SCIM 2.0, for identity providers: RFC 7644, as Okta and Entra speak it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.responses import Response

from chat.core.versions import ANY, Precondition
from chat.scim.actions import provisioning, reading
from chat.scim.api import answers
from chat.scim.api.answers import MOST, USUAL_COUNT, Scim, base_of, scim_endpoint, user_of, version_of
from chat.scim.domain import users
from chat.scim.domain.filters import filter_of
from chat.scim.domain.users import UserState
from chat.web.authentication import header
from chat.web.endpoint import Ask
from chat.web.requests import Parameter, text

Body = dict[str, Any]
Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9:._$-]+\Z")]
"""Of an attribute or a schema (RFC 7643, 2.1 and 10.2.1)."""
DIGITS = 9
"""So many has a number here at most: more are nobody's."""
Number = Annotated[int, Meta(gt=-(10**DIGITS), lt=10**DIGITS)]
CHANGED = {"agent.changed", "agent.role_changed", "agent.deactivated", "agent.reactivated"}
ONLY, BUT, FILTER = text("attributes"), text("excludedAttributes"), text("filter")


def _count(value: str, name: str) -> int:
    """Read a number of RFC 7644, 3.4.2.4: one below the least counts as that."""
    digits = value.removeprefix("-")
    if not digits.isascii() or not digits.isdecimal() or len(digits) > DIGITS:
        raise users.refusal("This is a number", "invalidValue", name)
    return int(value)


START: Parameter[int] = Parameter("startIndex", _count, 1, {"type": "integer"})
COUNT: Parameter[int] = Parameter("count", _count, USUAL_COUNT, {"type": "integer"})
PROJECTION = (ONLY, BUT)


@scim_endpoint("GET /Users", permission="scim.read", query=[FILTER, START, COUNT, *PROJECTION])
async def list_users(ask: Ask[None]) -> Response:
    """Return users, oldest first. `?filter=` compares userName, externalId, id or active by eq."""
    only, but = ask.query(ONLY), ask.query(BUT)
    return await _page(ask, ask.query(FILTER), ask.query(START), ask.query(COUNT), only, but)


class Search(Struct, frozen=True, rename="camel"):
    """A query in a body, where no log of a proxy sees it (RFC 7644, 3.4.3)."""

    schemas: list[Name]
    filter: str = ""
    start_index: Number = 1
    count: Number = USUAL_COUNT
    attributes: list[Name] = []
    excluded_attributes: list[Name] = []


@scim_endpoint("POST /Users/.search", permission="scim.read")
async def search_users(ask: Ask[Search]) -> Response:
    """Return users as the list does, by what the body says."""
    return await _search(ask)


@scim_endpoint("POST /.search", permission="scim.read")
async def search(ask: Ask[Search]) -> Response:
    """Return the same: there are users alone."""
    return await _search(ask)


@scim_endpoint("POST /Users", permission="scim.change", audited={"agent.added", *CHANGED}, query=PROJECTION)
async def post_user(ask: Ask[Body]) -> Response:
    """Make a user, who gets no password but a letter; or let in again whoever was removed."""
    made = await provisioning.create(ask.services, ask.actor, users.wanted_of(ask.body))
    return _answer(ask, made, 201)


@scim_endpoint("GET /Users/{id}", permission="scim.read", query=PROJECTION)
async def get_user(ask: Ask[None]) -> Response:
    """Return a user."""
    return _answer(ask, await reading.get(ask.services, ask.actor, ask.path["id"]))


@scim_endpoint("PUT /Users/{id}", permission="scim.change", audited=CHANGED, query=PROJECTION)
async def put_user(ask: Ask[Body]) -> Response:
    """Let a user be as the body says; what it does not say stays."""
    who = ask.services, ask.actor, ask.path["id"]
    made = await provisioning.change(*who, lambda state: users.wanted_of(ask.body, state), _expected(ask))
    return _answer(ask, made)


@scim_endpoint("PATCH /Users/{id}", permission="scim.change", audited=CHANGED, query=PROJECTION)
async def patch_user(ask: Ask[Body]) -> Response:
    """Change a user by operations, all of them or none."""
    who = ask.services, ask.actor, ask.path["id"]
    made = await provisioning.change(*who, lambda state: users.patched(state, ask.body), _expected(ask))
    return _answer(ask, made)


@scim_endpoint("DELETE /Users/{id}", permission="scim.change", audited={"agent.deactivated", "scim.removed"})
async def delete_user(ask: Ask[None]) -> None:
    """Deactivate a user and show them no more. What they wrote stays."""
    await provisioning.remove(ask.services, ask.actor, ask.path["id"], _expected(ask))


async def _search(ask: Ask[Search]) -> Response:
    said = ask.body
    only, but = ",".join(said.attributes), ",".join(said.excluded_attributes)
    return await _page(ask, said.filter, said.start_index, said.count, only, but)


async def _page(ask: Ask[Any], said: str, start: int, count: int, only: str, but: str) -> Response:
    wanted, most = filter_of(said), min(max(0, count), MOST)
    found = await reading.page(ask.services, ask.actor, wanted, max(1, start), most)
    users_shown = [answers.shown(user_of(each, base_of(ask.request)), only, but) for each in found.users]
    return Scim(answers.listed(users_shown, found.total, found.start))


def _shown(ask: Ask[Any], state: UserState) -> Any:
    return answers.shown(user_of(state, base_of(ask.request)), ask.query(ONLY), ask.query(BUT))


def _answer(ask: Ask[Any], state: UserState, status: int = 200) -> Response:
    headers = {"etag": version_of(state)}
    if status == 201:  # noqa: PLR2004 - its name
        headers["location"] = f"{base_of(ask.request)}/Users/{state.id}"
    return Scim(_shown(ask, state), status, headers)


def _expected(ask: Ask[Any]) -> Precondition:
    """Return in which state a user must be: their tags are weak, and compared as such (RFC 7644, 3.14)."""
    said = header(ask.request, "if-match")
    if said is None or said.strip() == "*":
        return ANY
    return Precondition(frozenset(each.strip().removeprefix("W/") for each in said.split(",")))
