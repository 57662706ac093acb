"""
How SCIM answers (RFC 7644): users, lists and refusals in its own form. Its addresses are declared like all others, and
lie below `/scim/v2`, where identity providers look, and below `/api/v1/scim/v2` too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from chat.core.errors import InvalidField, LetheError
from chat.core.versions import tag_of
from chat.scim.domain.users import USER, UserState, refusal
from chat.web.answers import JSON, error_headers, problem
from chat.web.authentication import own_origin
from chat.web.endpoint import Endpoint, Handler, endpoint
from chat.web.requests import Parameter

BELOW = "/scim/v2"
MOST, USUAL_COUNT = 200, 100
"""So many users a list holds, at most and where nothing was said."""
MESSAGES = "urn:ietf:params:scim:api:messages:2.0"


class Scim(JSON):
    """JSON as SCIM calls it (RFC 7644, 8.1)."""

    media_type = "application/scim+json"


@dataclass(frozen=True, eq=False)
class ScimEndpoint(Endpoint):
    """An address below `/scim/v2`. What its handler gives is answered as SCIM does."""

    @property
    def is_limited(self) -> bool:
        """They count as what is asked of the API."""
        return True

    async def read_body(self, request: Request) -> object:
        """Return the body as the type that the handler's Ask names. Raises BadInput."""
        try:
            return await super().read_body(request)
        except InvalidField as error:
            raise refusal(error.detail, "invalidSyntax", "body") from None

    def answer(self, made: object) -> Response:
        """Return what a handler gave as a response."""
        if isinstance(made, Response):
            return made
        return Response(status_code=204) if made is None else Scim(made, self.status[0])


def scim_endpoint(
    address: str,
    *,
    permission: str,
    audited: Collection[str] = (),
    query: Collection[Parameter[Any]] | None = (),
    status: int = 200,
) -> Callable[[Handler], ScimEndpoint]:
    """Make an endpoint at an address below `/scim/v2`, as `endpoint` does. One that changes something asks again."""
    changes = not address.startswith("GET ") and not address.endswith("/.search")
    made = endpoint(address, permission=permission, audited=audited, query=query, status=status, step_up=changes)

    def declared(handler: Handler) -> ScimEndpoint:
        said = made(handler)
        values = {each.name: getattr(said, each.name) for each in fields(said)}
        return ScimEndpoint(**values | {"path": BELOW + address.partition(" ")[2]})

    return declared


def refused(error: LetheError) -> Response:
    """
    Return a refusal as SCIM says it (RFC 7644, 3.12). An address with parameters that it does not take is refused as
    everywhere.
    """
    if isinstance(error, InvalidField) and "scim_type" not in error.extra:
        return problem(error)
    status = 400 if isinstance(error, InvalidField) else error.status
    said = {"schemas": [f"{MESSAGES}:Error"], "status": str(status), "detail": error.detail}
    kind = error.extra.get("scim_type")
    return Scim(said | ({"scimType": kind} if kind else {}), status, error_headers(error))


def base_of(request: HTTPConnection) -> str:
    """Return the address of this service."""
    return own_origin(request) + BELOW


def listed(resources: Sequence[Mapping[str, Any]], total: int, start: int = 1) -> dict[str, Any]:
    """Return a list of resources (RFC 7644, 3.4.2)."""
    counts = {"totalResults": total, "startIndex": start, "itemsPerPage": len(resources)}
    return {"schemas": [f"{MESSAGES}:ListResponse"], **counts, "Resources": resources}


def user_of(state: UserState, base: str) -> dict[str, Any]:
    """Return a user as a resource of the service at an address."""
    meta = {
        "resourceType": "User",
        "created": state.created_at,
        "location": f"{base}/Users/{state.id}",
        "version": version_of(state),
    }
    made: dict[str, Any] = {
        "schemas": [USER],
        "id": state.id,
        "userName": state.user_name,
        "name": {"formatted": state.display_name},
        "displayName": state.display_name,
        "active": state.active,
        "emails": [{"value": state.user_name, "type": "work", "primary": True}],
        "roles": [{"value": state.role}],
        "meta": meta,
    }
    return made if state.external_id is None else made | {"externalId": state.external_id}


def version_of(state: UserState) -> str:
    """Return the tag of a user, weak as in the RFC's examples: what is shown of one may be chosen."""
    return f"W/{tag_of(state)}"


def shown(resource: Mapping[str, Any], only: str, but: str) -> Mapping[str, Any]:
    """Return a resource with the attributes asked for, `only` these or all `but` those (RFC 7644, 3.9)."""
    always = {"schemas", "id"}
    named = {each.strip().rpartition(":")[2].partition(".")[0].lower() for each in (only or but).split(",")}
    if not only and not but:
        return resource
    return {name: value for name, value in resource.items() if name in always or (name.lower() in named) == bool(only)}
