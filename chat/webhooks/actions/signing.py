"""The secrets of endpoints, sealed under the server's own key, and what a request is signed with."""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chat.core.crypt import Sealed, derive, seal, unseal
from chat.infra.services import Services
from chat.webhooks.domain import signature
from chat.webhooks.store.endpoints import WebhookRow


def sealed(services: Services, webhook_id: str, secret: str) -> bytes:
    """Return an endpoint's secret as it is kept."""
    return seal(_key(services), secret, webhook_id.encode())


def signatures(services: Services, endpoint: WebhookRow, message_id: str, at: int, body: bytes) -> str:
    """
    Return the signatures of a message that is sent at a time (in seconds), with a blank between: by the secret, and by
    the one before while it is good. "" where no secret opens.
    """
    kept = [endpoint.secret]
    if endpoint.old_secret is not None and at * 1000 < endpoint.old_until:
        kept.append(endpoint.old_secret)
    opened = [_opened(services, endpoint.id, each) for each in kept]
    return " ".join(signature(each, message_id, at, body) for each in opened if each)


def _opened(services: Services, webhook_id: str, kept: bytes) -> str:
    try:
        return unseal(_key(services), kept, webhook_id.encode())
    except Sealed:
        return ""


def _key(services: Services) -> AESGCM:
    return AESGCM(derive(services.index_key, "webhooks"))
