"""How SCIM describes itself (RFC 7643, 5 to 7): what it can do, and the attributes of a user that are kept."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.core import access
from chat.core.errors import NotFound
from chat.scim.api.answers import MOST, Scim, base_of, listed, scim_endpoint
from chat.scim.domain.users import ROLES, USER
from chat.web.endpoint import Ask

CORE = "urn:ietf:params:scim:schemas:core:2.0"


def _attribute(name: str, kind: str = "string", **said: Any) -> dict[str, Any]:
    usual = {
        "multiValued": False,
        "required": False,
        "mutability": "readWrite",
        "returned": "default",
    }
    text = {"caseExact": False, "uniqueness": "none"} if kind == "string" else {}
    return {"name": name, "type": kind, **usual, **text, **said}


_READ = {"mutability": "readOnly"}
ATTRIBUTES = [
    _attribute(
        "userName",
        required=True,
        mutability="immutable",
        uniqueness="server",
        description="The address with which the agent signs in.",
    ),
    _attribute("displayName", required=True, description="The name that other agents see."),
    _attribute(
        "name",
        "complex",
        **_READ,
        description="The same name; where there is no displayName it is made of this.",
        subAttributes=[_attribute("formatted", **_READ, description="The whole name.")],
    ),
    _attribute("active", "boolean", description="Whether the agent may sign in."),
    _attribute(
        "emails",
        "complex",
        multiValued=True,
        **_READ,
        description="The address of userName.",
        subAttributes=[
            _attribute("value", **_READ, description="The address."),
            _attribute("type", **_READ, canonicalValues=["work"], description="Always work."),
            _attribute("primary", "boolean", **_READ, description="Always true."),
        ],
    ),
    _attribute(
        "roles",
        "complex",
        multiValued=True,
        description="One role. Owners are made in Lethe alone.",
        subAttributes=[
            _attribute("value", canonicalValues=[*ROLES], description="The role."),
        ],
    ),
]


def _schemas(base: str) -> list[dict[str, Any]]:
    """Return the schemas. `base` is the address of this service."""
    meta = {"resourceType": "Schema", "location": f"{base}/Schemas/{USER}"}
    said = {"id": USER, "name": "User", "description": "An agent", "attributes": ATTRIBUTES, "meta": meta}
    return [{"schemas": [f"{CORE}:Schema"], **said}]


def _resource_types(base: str) -> list[dict[str, Any]]:
    """Return the types of resources."""
    meta = {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/User"}
    said = {"id": "User", "name": "User", "endpoint": "/Users", "description": "Agents", "schema": USER, "meta": meta}
    return [{"schemas": [f"{CORE}:ResourceType"], **said}]


def _configuration(base: str) -> dict[str, Any]:
    """Return what this service can do."""
    no = {"supported": False}
    scheme = {
        "type": "oauthbearertoken",
        "name": "API token",
        "description": "A token with the scope scim:write, as Authorization: Bearer TOKEN",
        "primary": True,
    }
    return {
        "schemas": [f"{CORE}:ServiceProviderConfig"],
        "patch": {"supported": True},
        "bulk": no | {"maxOperations": 0, "maxPayloadSize": 0},
        "filter": {"supported": True, "maxResults": MOST},
        "changePassword": no,
        "sort": no,
        "etag": {"supported": True},
        "authenticationSchemes": [scheme],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }


@scim_endpoint("GET /ServiceProviderConfig", permission="scim.read")
async def get_configuration(ask: Ask[None]) -> Response:
    """Return what this service can do."""
    return Scim(_configuration(_base(ask)))


@scim_endpoint("GET /ResourceTypes", permission="scim.read")
async def list_resource_types(ask: Ask[None]) -> Response:
    """Return the types of resources: users."""
    found = _resource_types(_base(ask))
    return Scim(listed(found, len(found)))


@scim_endpoint("GET /ResourceTypes/{id}", permission="scim.read")
async def get_resource_type(ask: Ask[None]) -> Response:
    """Return a type of resources."""
    return Scim(_named(_resource_types(_base(ask)), ask.path["id"]))


@scim_endpoint("GET /Schemas", permission="scim.read")
async def list_schemas(ask: Ask[None]) -> Response:
    """Return the schemas: that of users."""
    found = _schemas(_base(ask))
    return Scim(listed(found, len(found)))


@scim_endpoint("GET /Schemas/{id}", permission="scim.read")
async def get_schema(ask: Ask[None]) -> Response:
    """Return a schema."""
    return Scim(_named(_schemas(_base(ask)), ask.path["id"]))


def _base(ask: Ask[None]) -> str:
    # Nothing here is of an account. It is for whoever has to do with users, as these are.
    access.require(ask.actor, "scim.read")
    return base_of(ask.request)


def _named(found: list[dict[str, Any]], name: str) -> dict[str, Any]:
    for each in found:
        if each["id"] == name:
            return each
    raise NotFound("There is no such thing here")
