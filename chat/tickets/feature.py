"""What this feature says of itself."""

from __future__ import annotations

from pathlib import Path

from chat.core.access import Right
from chat.infra.gathered import YEAR, RetentionRule, Sweep
from chat.spam_filter.actions import training
from chat.tickets import domain, pages, schema
from chat.tickets.actions import ageing, bulk, fields, reassigning, redaction, replaying, snoozing
from chat.tickets.api import attachments, handing, mentions, tickets
from chat.tickets.sockets.account import gone_socket
from chat.tickets.sockets.agent import agent_socket
from chat.tickets.sockets.visitor import visitor_socket
from chat.tickets.store import ageing as kinds
from chat.tickets.store import conversations
from chat.web.endpoint import endpoints
from chat.web.feature import Feature
from chat.web.sockets import socket_route

feature = Feature(
    "tickets",
    Path(__file__).parent,
    tables=(
        schema.ticket,
        schema.message,
        schema.bulk_change,
        schema.mention,
        schema.note,
        schema.system_entry,
        schema.merged_ticket,
        schema.ticket_tag,
    ),
    endpoints=endpoints(tickets, handing, mentions, attachments, pages),
    sockets=(
        socket_route("/ws/visitor", visitor_socket),
        socket_route("/ws/agent", agent_socket),
        socket_route("/ws/gone", gone_socket),
    ),
    permissions={
        "message.redact": "agent",
        "spam.mark": "agent",
        "ticket.answer": "agent",
        "ticket.change": "agent",
        "ticket.delete": "agent",
        "ticket.read": "agent",
        # Owners and admins act on the whole account: holds, exports, retention, agents.
        "ticket.read_all": Right("agent", always=("admin", "owner")),
    },
    account_settings=(domain.MESSAGE_RATE,),
    conversations=conversations,
    sweeps=(
        Sweep("purges", redaction.sweep, 60.0),
        Sweep("bulk-changes", bulk.forget, 3600.0),
        Sweep("snoozed", snoozing.sweep, 15.0),
    ),
    agent_erasure_steps=(reassigning.REASSIGNED,),
    audited=(
        "attachment.deleted",
        "message.redacted",
        "ticket.changed",
        "ticket.deleted",
        "ticket.merged",
        "ticket.purged",
        "ticket.restored",
        "tickets.listed",
        "transcript.exported",
        "transcript.viewed",
    ),
    retention_rules=(
        RetentionRule(
            "transcripts",
            "tickets",
            "the last thing that was said or changed in the ticket",
            YEAR,
            kinds.TRANSCRIPTS,
            ageing.purge_tickets,
            order=1,
            resume=redaction.sweep,
        ),
        RetentionRule("attachments", "files", "it was sent", YEAR, kinds.ATTACHMENTS, ageing.purge_files, order=2),
        RetentionRule(
            "training",
            "labels",
            "an agent marked the message",
            YEAR,
            kinds.TRAINING,
            ageing.purge_labels,
            order=3,
            catch_up=training.learn_anew,
        ),
    ),
    export_parts=(fields.EXPORTED,),
    replays={
        "redact": replaying.redact,
        "edit": replaying.edit,
        "file": replaying.delete_file,
        "purge": replaying.purge,
    },
)
