"""The tables: medians of the repeats, min..max beside them, ratios to the bare relay."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median

from bench.measure import Trip, Weight

BOTTLENECK = 0.8
"""A generator that keeps this much of a processor busy may be what holds the rate back."""

_TRIP_HEAD = (
    "target",
    "msg/s",
    "delivery p50 / p99 ms",
    "ack p50 / p99 ms",
    "CPU ms/msg (min..max)",
    "x bare relay",
    "delivery p99 over bare relay's, ms",
    "server cores",
    "generator cores",
    "other load, cores (min..max)",
    "messages",
    "faults",
)
_WEIGHT_HEAD = ("target", "kB a connection (min..max)", "x bare relay", "server without, MB")


def trips(results: Mapping[str, Sequence[Trip]], bare: str) -> str:
    """Return the table of message runs; ``bare`` is the target that the ratios are to."""
    rows = [_trip_row(name, repeats, results.get(bare)) for name, repeats in results.items()]
    return _markdown(_TRIP_HEAD, rows)


def _trip_row(name: str, repeats: Sequence[Trip], base: Sequence[Trip] | None) -> list[str]:
    def middle(field: str, digits: int = 2) -> str:
        return f"{median(getattr(trip, field) for trip in repeats):,.{digits}f}"

    def span(field: str, digits: int) -> str:
        return _span([getattr(trip, field) for trip in repeats], digits)

    limited = median(trip.generator_cores for trip in repeats) >= BOTTLENECK
    return [
        name,
        f"{'at least ' if limited else ''}{middle('per_second', 0)}",
        f"{middle('delivery_p50')} / {middle('delivery_p99')}",
        f"{middle('ack_p50')} / {middle('ack_p99')}",
        f"{middle('cpu_ms', 4)} {span('cpu_ms', 4)}",
        _ratios(repeats, base) if base else "",
        f"{median(t.delivery_p99 for t in repeats) - median(t.delivery_p99 for t in base):+.2f}" if base else "",
        middle("server_cores"),
        middle("generator_cores"),
        f"{middle('other_cores')} {span('other_cores', 2)}",
        f"{sum(trip.messages for trip in repeats):,}",
        _faults(repeats),
    ]


def weights(results: Mapping[str, Sequence[Weight]], bare: str) -> str:
    """Return the table of idle connections."""
    base = median(weight.kb_each for weight in results[bare]) if bare in results else None
    rows = []
    for name, repeats in results.items():
        each = median(weight.kb_each for weight in repeats)
        rows.append(
            [
                name,
                f"{each:.1f} {_span([weight.kb_each for weight in repeats], 1)}",
                f"{each / base:.2f}" if base else "",
                f"{median(weight.base_mb for weight in repeats):.0f}",
            ]
        )
    return _markdown(_WEIGHT_HEAD, rows)


def _ratios(repeats: Sequence[Trip], base: Sequence[Trip]) -> str:
    """Return the ratio of the medians, and those of the rounds: in a round all had the same other load."""
    rounds = [trip.cpu_ms / bare.cpu_ms for trip, bare in zip(repeats, base, strict=True)]
    middle = median(trip.cpu_ms for trip in repeats) / median(bare.cpu_ms for bare in base)
    return f"{middle:.2f} {_span(rounds, 2)}"


def _span(values: Sequence[float], digits: int) -> str:
    return f"({min(values):.{digits}f}..{max(values):.{digits}f})"


def _faults(repeats: Sequence[Trip]) -> str:
    kinds = sum((Counter(trip.faults) for trip in repeats), Counter[str]())
    return ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "0"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *rows))
