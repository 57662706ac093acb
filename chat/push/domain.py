"""How a push service is asked to wake a device (RFC 8030, 8292), and when it is asked again."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from chat.core.crypt import base64url, derive
from chat.core.outbound import Target

GRACE = 3000
"""So long (ms) a window of the inbox that is in focus has to say that the agent knows."""
LEASE = 60_000
WAITS = (30_000, 120_000, 600_000)
"""After a failure it is tried again so much later (ms), and after the last not at all."""
HOUR = 3_600_000
DEVICES = 10
"""So many an agent has; with one more the oldest goes."""
LONGEST = 1000
TTL, LIFE = 3600, 6 * 3600
"""Seconds: how long the service keeps what it cannot deliver, and how long it may take our word (RFC 8292: a day)."""
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256."""


def key_of(secret: bytes) -> EllipticCurvePrivateKey:
    """Return the key that stands for this server before push services: made of its secret, the same ever after."""
    number = int.from_bytes(derive(secret, "push 1") + derive(secret, "push 2"))
    return derive_private_key(number % (_ORDER - 1) + 1, SECP256R1())


def public_of(key: EllipticCurvePrivateKey) -> str:
    """Return the public half, as browsers and push services take it."""
    return base64url(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def headers_of(key: EllipticCurvePrivateKey, target: Target, contact: str, now: int) -> dict[str, str]:
    """
    Return what a request to wake a device says beside its URL: who asks (`contact` is an URL, or ""), for how long it
    counts, and that one wake is as good as many. It has no body, so nothing in it has to be sealed.
    """
    usual = {"https": 443, "http": 80}[target.scheme] == target.port
    host = f"[{target.host}]" if ":" in target.host else target.host
    claims: dict[str, object] = {
        "aud": f"{target.scheme}://{host}" + ("" if usual else f":{target.port}"),
        "exp": now // 1000 + LIFE,
    }
    claims |= {"sub": contact} if contact.startswith("https:") else {}
    said = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(key), algorithms=["ES256"])
    return {
        "authorization": f"vapid t={said}, k={public_of(key)}",
        "ttl": str(TTL),
        "topic": "inbox",
        "urgency": "high",
    }
