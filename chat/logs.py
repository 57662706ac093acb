"""The log: one structured line an event, ids only. What people write, who they are and where from never reaches it."""

from __future__ import annotations

import logging
import sys
import traceback
from typing import Any

import structlog

# uvicorn tells of each connection with the address it came from, and that must not be written anywhere.
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
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers, root.level = [handler], getattr(logging, level)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


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
