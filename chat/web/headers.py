"""The headers of answers, as the OpenAPI document declares them."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
REF = "#/components/headers/{name}"
HEADERS: dict[str, Document] = {
    "ETag": {
        "description": "The tag of the state that is answered, for `If-Match` (RFC 9110, 8.8.3)",
        "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
        "example": '"0f343b0931126a20f133d67c2b018a3b"',
    },
    "RateLimit": {
        "description": "What is left of the limit (`r`), for so many seconds (`t`)",
        "schema": {"type": "string", "pattern": '^"default";r=[0-9]+;t=[0-9]+$'},
        "example": '"default";r=1199;t=60',
    },
    "RateLimit-Policy": {
        "description": "The limit of one token or session: so many requests (`q`) in so many seconds (`w`)",
        "schema": {"type": "string", "pattern": '^"default";q=[0-9]+;w=[0-9]+$'},
        "example": '"default";q=1200;w=60',
    },
    "Retry-After": {
        "description": "In so many seconds the same may be asked again (RFC 9110, 10.2.3)",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
        "example": "5",
    },
}
RATE = ("RateLimit-Policy", "RateLimit")


def said_headers(*names: str) -> Document:
    """Return what is said of an answer that may have these headers: nothing where there are none."""
    return {"headers": {name: {"$ref": REF.format(name=name)} for name in names}} if names else {}
