"""Names for things: UUIDv7 (RFC 9562), which sort by time, and random secrets."""

from __future__ import annotations

import secrets
import time
import uuid


def uuid7() -> str:
    """Return a new UUIDv7: 48 bits of milliseconds, then 74 random bits."""
    millis = time.time_ns() // 1_000_000
    bits = (millis & (1 << 48) - 1) << 80 | secrets.randbits(80)
    bits = bits & ~(0xF << 76) | 0x7 << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=bits))


def uuid_bytes(name: str) -> bytes:
    """Return the 16 bytes of a UUID."""
    return bytes.fromhex(name.replace("-", ""))


def uuid_text(packed_name: bytes) -> str:
    """Return the UUID that these 16 bytes are, in lower case."""
    name = packed_name.hex()
    return f"{name[:8]}-{name[8:12]}-{name[12:16]}-{name[16:20]}-{name[20:]}"


def secret(prefix: str = "") -> str:
    """Return a new random secret of 256 bits, safe in a URL or header."""
    return prefix + secrets.token_urlsafe(32)
