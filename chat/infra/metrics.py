"""Numbers for Prometheus: counts only, no label that could name anybody."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """The meters of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.messages = Counter("lethe_messages", "Messages stored", ["author"], registry=self.registry)
        self.held = Counter("lethe_messages_held", "Messages held by the filter", registry=self.registry)
        self.unscored = Counter(
            "lethe_messages_unscored", "Messages the filter failed on or had no time for", registry=self.registry
        )
        self.refused = Counter("lethe_messages_refused", "Messages refused", ["code"], registry=self.registry)
        self.turned_away = Counter("lethe_requests_refused", "Requests refused", ["code"], registry=self.registry)
        self.batches = Histogram(
            "lethe_batch_messages",
            "Messages in a commit",
            buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
            registry=self.registry,
        )
        self.visitors = Gauge("lethe_visitors", "Visitors connected", registry=self.registry)
        self.agents = Gauge("lethe_agent_sockets", "Agents' sockets", registry=self.registry)
        self.failed_sign_ins = Counter("lethe_sign_ins_failed", "Sign-ins refused", ["code"], registry=self.registry)
        self.forged = Gauge("lethe_events_forged", "Events dropped that no Lethe wrote", registry=self.registry)
        self.evicted = Gauge(
            "lethe_allowances_evicted", "Counts of attempts let go of before their time", registry=self.registry
        )
        self.missed = Gauge("lethe_events_missed", "Events that did not reach Redis", registry=self.registry)

    def page(self) -> bytes:
        """Return everything in the text format."""
        return generate_latest(self.registry)
