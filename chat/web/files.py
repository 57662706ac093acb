"""The files that browsers load, from the folders `widget` and `static`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import rcssmin
import rjsmin
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

# For what is the same for everybody. What holds a secret is never compressed: its length would tell of it (BREACH).
PACKED = [Middleware(GZipMiddleware, minimum_size=500)]
# Isolated pages (`Cross-Origin-Embedder-Policy`) load from elsewhere only what says that they may.
ANYWHERE = {"cross-origin-resource-policy": "cross-origin"}
KINDS = (".js", ".css", ".json", ".svg", ".png", ".woff2")
LEAN: dict[str, Callable[[str], str]] = {".js": rjsmin.jsmin, ".css": rcssmin.cssmin}


def folder(name: str) -> Path:
    """Return where `widget` or `static` lies: beside the package, in a checkout and installed alike."""
    return Path(__file__).parents[2] / name


def lean(path: Path) -> bytes:
    """Return a script or style sheet as browsers need it: the file without its comments and blanks."""
    return _lean(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _lean(path: Path, _: int) -> bytes:
    return LEAN[path.suffix](path.read_text("utf-8")).encode()


class Files(StaticFiles):
    """A folder of the distribution: only kinds that browsers load, lean, and always checked for a newer version."""

    def __init__(self, name: str) -> None:
        super().__init__(directory=folder(name))

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file; 404 for anything that is not for browsers."""
        if not path.endswith(KINDS):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        if isinstance(response, FileResponse) and path.endswith(tuple(LEAN)):
            kept = {name: response.headers[name] for name in ("etag", "last-modified")}
            response = Response(lean(Path(response.path)), headers=kept, media_type=response.media_type)
        response.headers["cache-control"] = "no-cache"
        response.headers["x-content-type-options"] = "nosniff"
        response.headers.update(ANYWHERE)
        return response
