"""The log: one structured line an event, ids only. What people write, who they are and where from never reaches it."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from typing import Any

import structlog

# uvicorn tells of each connection with the address it came from, and that must not be written anywhere.
# What strangers can make the libraries say again and again.
SELDOM = ("uvicorn.error", "asyncio", "websockets", "chat.app")
EACH, SAID = 10.0, 1000
# A path may hold a terminal's commands, which then ran where somebody read the log (CVE-2020-7694).
CONTROLS = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""What JSON may hold as it is, and a terminal takes for a command or the end of a line."""
QUIET = ("uvicorn.error", "uvicorn.access", "websockets", "alembic")


def configure(level: str) -> None:
    """Send everything to standard error as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _no_frames,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_written),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers, root.level = [handler], getattr(logging, level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    seldom = Seldom()
    for name in SELDOM:
        logging.getLogger(name).addFilter(seldom)


class Seldom(logging.Filter):
    """Lets the same line through once in `EACH` seconds, then with how many were left out: no flood fills a disk."""

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[object, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is to be written."""
        now, key = time.monotonic(), _same(record)
        at, left_out = self._said.get(key, (-EACH, 0))
        if now - at < EACH:
            self._said[key] = at, left_out + 1
            return False
        if len(self._said) > SAID:
            self._said.clear()
        self._said[key] = now, 0
        if left_out and isinstance(record.msg, dict):
            record.msg["left_out"] = left_out
        elif left_out:
            record.msg = f"{record.msg} (and {left_out} like it before)"
        return True


def _written(event: Any, **options: Any) -> str:
    """Write an event as one line in which nothing is a control character."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(event, ensure_ascii=False, **options))


def _same(record: logging.LogRecord) -> object:
    """Return what makes lines the same: what they say and where, not their numbers."""
    said = record.msg
    shown = tuple(str(said.get(name)) for name in ("event", "code", "at")) if isinstance(said, dict) else str(said)
    trace = record.exc_info[2] if record.exc_info and record.exc_info[2] else None
    return record.name, record.levelno, shown, _stack(trace)[-1:][0].lineno if trace else 0


def _no_frames(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
    """
    Write an exception as its type and where it was raised: its message and arguments may hold what somebody wrote.
    """
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if info and info[0] is not None:
        event["error"] = info[0].__name__
        event["at"] = [f"{f.filename.rpartition('/')[2]}:{f.lineno}" for f in _stack(info[2])][-6:]
    event.pop("stack_info", None)
    return event


def _stack(trace: Any) -> list[Any]:
    return list(traceback.extract_tb(trace))
