"""The files that browsers load, from the folders `widget` and `static`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from mimetypes import guess_type
from os import PathLike, stat_result
from pathlib import Path
from posixpath import dirname

import rcssmin
import rjsmin
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles
from starlette.types import Scope

from chat.web.joined import joined

# For what is the same for everybody. What holds a secret is never compressed: its length would tell of it (BREACH).
PACKED = [Middleware(GZipMiddleware, minimum_size=500)]
# Isolated pages (`Cross-Origin-Embedder-Policy`) load from elsewhere only what says that they may.
ANYWHERE = {"cross-origin-resource-policy": "cross-origin"}
KINDS = (".js", ".css", ".json", ".svg", ".png", ".woff2")
MOUNTS = {"widget-assets": "widget", "static": "static"}
STYLE = re.compile(r"(?<=const STYLE = `)[^`]*")
"""The style sheet that the loader carries: its page may load no other file of ours before the click."""


def _script(text: str) -> str:
    return str(rjsmin.jsmin(STYLE.sub(lambda found: rcssmin.cssmin(found[0]), text)))


LEAN: dict[str, Callable[[str], str]] = {".js": _script, ".css": rcssmin.cssmin}


def folder(name: str) -> Path:
    """Return where `widget` or `static` lies: beside the package, in a checkout and installed alike."""
    return Path(__file__).parents[2] / name


def lean(path: Path) -> bytes:
    """Return a script or style sheet as browsers need it: the file without its comments and blanks."""
    # By its time too: a file that is replaced must not be served from memory as it was.
    return _lean(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=256)
def _lean(path: Path, _: int) -> bytes:
    return LEAN[path.suffix](path.read_text("utf-8")).encode()


def program(root: str) -> dict[str, bytes]:
    """Return the scripts of the program that begins at an address, joined and lean, by their addresses."""
    sources = [*folder("widget").glob("*.js"), *folder("static").glob("common/*.js")]
    return _program(root, tuple(sorted((str(each), each.stat().st_mtime_ns) for each in sources)))


@lru_cache(maxsize=4)
def _program(root: str, _: tuple[tuple[str, int], ...]) -> dict[str, bytes]:
    return {address: _script(script).encode() for address, script in joined(root, source).items()}


def source(address: str) -> str:
    """Return what is written in the file at an address of ours."""
    mount, _, path = address[1:].partition("/")
    return (folder(MOUNTS[mount]) / path).read_text("utf-8")


class ServedFolder(StaticFiles):
    """
    A folder of the distribution: only kinds that browsers load, lean, and always checked for a newer version.

    With the address of a `root` the modules of its program come joined.
    """

    def __init__(self, name: str, root: str = "") -> None:
        super().__init__(directory=folder(name))
        self.root = root

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with the file: 404 for anything that is not for browsers."""
        if not path.endswith(KINDS):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "no-cache"
        response.headers["x-content-type-options"] = "nosniff"
        response.headers.update(ANYWHERE)
        return response

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with what stands for a file. What is made of several has their newest version by its own hash."""
        path = Path(full_path)
        if path.suffix not in LEAN:
            return super().file_response(full_path, stat_result, scope, status_code)
        body = self._joined(path) or lean(path)
        tag = Headers({"etag": f'"{sha256(body).hexdigest()[:32]}"'})
        if self.is_not_modified(tag, Headers(scope=scope)):
            return NotModifiedResponse(tag)
        return Response(body, status_code, tag, guess_type(path.name)[0])

    def _joined(self, path: Path) -> bytes | None:
        return program(self.root).get(f"{dirname(self.root)}/{path.name}") if self.root else None
