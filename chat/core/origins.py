"""Origins of pages, as browsers send them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import idna

from chat.core.errors import InvalidField


def checked_origins(origins: list[str]) -> list[str]:
    """Return origins as browsers send them (RFC 6454). Raises InvalidField where one is something else."""
    made = [_origin(each) for each in origins if each.strip()]
    if not made:
        raise InvalidField("Name at least one origin, as https://shop.example", field="origins")
    return list(dict.fromkeys(made))


def _origin(value: str) -> str:
    try:
        parts = urlsplit(value.strip().rstrip("/"))
        port = parts.port
    except ValueError:  # as for `https://[`
        parts, port = urlsplit(""), None
    bare = not (parts.path or parts.query or parts.fragment or parts.username)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not bare:
        raise InvalidField(
            "An origin is a scheme, a host and perhaps a port, as https://shop.example",
            field="origins",
        )
    host = _host(parts.netloc.partition(":")[0])
    if not re.fullmatch(r"[a-z0-9.-]+", host):
        raise InvalidField("An origin is a scheme, a host and perhaps a port", field="origins")
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in {None, default} else f":{port}")


def _host(written: str) -> str:
    """Return a host as browsers send it: in A-labels by UTS 46, non-transitional (ß is not ss). Raises InvalidField."""
    if written.isascii():
        return written.lower()
    try:
        return idna.encode(written, uts46=True).decode()  # not lower() before: it makes a Σ at the end another letter
    except idna.IDNAError:
        raise InvalidField("An origin is a scheme, a host and perhaps a port", field="origins") from None
