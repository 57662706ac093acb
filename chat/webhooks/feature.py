"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import MANAGERS
from chat.infra.gathered import Sweep
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.menu import Menu
from chat.web.outgoing import OutgoingWebhook
from chat.webhooks import api, pages, schema
from chat.webhooks.actions import recording, replaying, sending
from chat.webhooks.actions.payloads import WebhookEvent
from chat.webhooks.domain import EVERY_KIND

feature = Feature(
    "webhooks",
    Path(__file__).parent,
    tables=(schema.webhook, schema.webhook_delivery),
    endpoints=endpoints(api, pages),
    permissions={"webhook.read": "admin", "webhook.change": MANAGERS},
    menu=(Menu("programs", 2, "/admin/webhooks", "page.webhooks"),),
    sweeps=(
        Sweep("webhooks", sending.sweep, 2.0),
        Sweep("webhook_log", sending.drop_old, 3600.0),
    ),
    audited=(
        "recipient.corrected",
        "webhook.made",
        "webhook.changed",
        "webhook.deleted",
        "webhook.granted",
        "webhook.narrowed",
        "webhook.paused",
        "webhook.redelivered",
        "webhook.resumed",
        "webhook.rotated",
        "webhook.tested",
    ),
    outgoing={kind: OutgoingWebhook(each.when, WebhookEvent, each.about) for kind, each in EVERY_KIND.items()},
    recorders=(recording.record,),
    replays={"webhook": replaying.delete_or_pause},
)
