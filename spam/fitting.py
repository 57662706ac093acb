"""Retraining as a program of its own, `python -m spam.fitting`: a job on standard input, its progress and result back.

A server that answers people hands it what is heavy. Nothing touches the disk.
"""

from __future__ import annotations

import json
import sys
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from spam.filter import Filter
from spam.head import ScoringHead
from spam.report import Example, marks_of, report
from spam.retraining import fit_head

_REPORTS: Final = 0.95  # of the time of a version that is reported on, the part after its head is there


@dataclass(frozen=True)
class WantedVersion:
    """A version to fit: from the labels before `until` (ms), with or without a report on it."""

    until: int
    report: bool


@dataclass(frozen=True)
class Job:
    """All that fitting needs: the prior and the key, the labels, the head now in use, the share of ham to be held."""

    prior: Filter
    key: bytes
    held: float
    in_use: ScoringHead
    examples: Sequence[Example]
    versions: Sequence[WantedVersion]


@dataclass(frozen=True)
class Fitted:
    """A version: its head, and where it was asked for the report and the worst mistakes."""

    head: ScoringHead
    report: dict[str, Any] | None = None
    mistakes: list[tuple[tuple[int, int], float]] = field(default_factory=list)


def run(job: Job, tell: Callable[[float], None] = lambda _: None) -> list[Fitted]:
    """Fit every version. `tell` hears how much is done, 0 to 1."""
    made: list[Fitted] = []
    for number, wanted in enumerate(job.versions):

        def part(done: float, before: int = number) -> None:
            tell((before + done) / len(job.versions))

        # By the time of the label and not by who is in the job: a version must not know what was marked after it was
        # asked for.
        mine = [each for each in job.examples if each.at < wanted.until]
        head = fit_head(marks_of(mine), held=job.held)
        made.append(_with_report(job, head, mine, part) if wanted.report and mine else Fitted(head))
        part(1.0)
    return made


def packed(job: Job) -> bytes:
    """Return a job as what the program reads."""
    said = {
        "prior": b64encode(job.prior.to_bytes()).decode(),
        "key": job.key.hex(),
        "held": job.held,
        "in_use": job.in_use.plain(),
        "examples": [[*each[:4], list(each.numbers), each.spam] for each in job.examples],
        "versions": [asdict(each) for each in job.versions],
    }
    return json.dumps(said).encode()


def unpacked(data: bytes) -> Job:
    """Return the job that was packed."""
    said = json.loads(data)
    return Job(
        Filter.from_bytes(b64decode(said["prior"])),
        bytes.fromhex(said["key"]),
        said["held"],
        ScoringHead.of(said["in_use"]),
        [Example(who, (ref[0], ref[1]), at, text, array("I", n), s) for who, ref, at, text, n, s in said["examples"]],
        [WantedVersion(**each) for each in said["versions"]],
    )


def result(line: bytes) -> list[Fitted]:
    """Return what the program's last line says."""
    made = []
    for each in json.loads(line)["fitted"]:
        mistakes = [((ref[0], ref[1]), margin) for ref, margin in each["mistakes"]]
        made.append(Fitted(ScoringHead.of(each["head"]), each["report"], mistakes))
    return made


def _with_report(job: Job, head: ScoringHead, mine: Sequence[Example], tell: Callable[[float], None]) -> Fitted:
    found, worst = report(mine, job.prior, job.key, job.in_use, job.held, lambda done: tell(_REPORTS * done))
    return Fitted(head, found, worst)


def main() -> None:
    """Read a job, print a line for each step of progress, and the result last."""
    job = unpacked(sys.stdin.buffer.read())
    made = run(job, lambda done: _say({"done": round(done, 3)}))
    _say({"fitted": [asdict(each) | {"head": each.head.plain()} for each in made]})


def _say(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
