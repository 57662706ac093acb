"""The widget's words, and in which language it is shown."""

from __future__ import annotations

import json
from functools import cache

from starlette.requests import Request

from chat.core.locales import best_locale
from chat.core.model import LOCALES
from chat.web.files import folder


def locale_of(request: Request) -> str:
    """Return the language asked for, else the browser's."""
    return best_locale(LOCALES, [request.query_params.get("locale", "")], request.headers.get("accept-language", ""))


@cache
def strings(locale: str, part: str = "") -> dict[str, str]:
    """Return the words of the widget's first page in one language, or those of a further `part`."""
    name = f"{locale}.{part}.json" if part else f"{locale}.json"
    made: dict[str, str] = json.loads((folder("widget") / "locales" / name).read_text("utf-8"))
    return made
