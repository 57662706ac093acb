"""Answers otherwise than its endpoints declare: other fields, another status, a fault, another kind of text."""

import sys
from functools import wraps
from typing import Any

from starlette.responses import PlainTextResponse

from chat.__main__ import main as main  # noqa: PLC0414 - this module is run in its place
from chat.routes import programs
from chat.web.answers import JSON
from chat.web.endpoint import Ask


async def other_fields(_: Ask[None]) -> Any:
    """Answer with a list of something else."""
    return {"items": 7}


async def other_status(_: Ask[None]) -> Any:
    """Answer with a status that nobody declared."""
    return JSON({"items": []}, 206)


async def failing(_: Ask[None]) -> Any:
    """Answer not at all."""
    raise RuntimeError("broken on purpose")


async def other_kind(_: Ask[None]) -> Any:
    """Answer with a text."""
    return PlainTextResponse("no JSON")


FAULTS = {
    "GET /api/v1/tokens": other_fields,
    "GET /api/v1/sites": other_status,
    "GET /api/v1/departments": failing,
    "GET /api/v1/account": other_kind,
}


for each in programs():
    if str(each) in FAULTS:
        # What is declared stays that of the real handler.
        object.__setattr__(each, "handler", wraps(each.handler)(FAULTS[str(each)]))

if __name__ == "__main__":
    sys.exit(main())
