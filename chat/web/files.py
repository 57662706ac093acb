"""The files that browsers load, from the folders `widget` and `static`."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# For what is the same for everybody. What holds a secret is never compressed: its length would tell of it (BREACH).
PACKED = [Middleware(GZipMiddleware, minimum_size=500)]
KINDS = (".js", ".css", ".json", ".svg", ".png", ".woff2")


def folder(name: str) -> Path:
    """Return where `widget` or `static` lies: beside the package, in a checkout and installed alike."""
    return Path(__file__).parents[2] / name


class Files(StaticFiles):
    """A folder of the distribution: only kinds that browsers load, and always checked for a newer version."""

    def __init__(self, name: str) -> None:
        super().__init__(directory=folder(name))

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file; 404 for anything that is not for browsers."""
        if not path.endswith(KINDS):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        response.headers["x-content-type-options"] = "nosniff"
        return response
