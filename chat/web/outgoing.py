"""What this server sends to programs of others, as a feature declares it for the OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutgoingWebhook:
    """A kind of request: when it is sent, the type of its JSON body, and what of the body's `data` is always there."""

    when: str
    body: type
    data: tuple[str, ...]
