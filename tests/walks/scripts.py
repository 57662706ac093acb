"""A page that imports the browser's modules as they lie in the source, without a server."""

from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Page, Route

ROOT = Path(__file__).parents[2]
ORIGIN = "http://scripts.example"

Change = tuple[str, str]
"""What is written in a file, and what shall be there instead."""


def serve(page: Page, changes: Mapping[str, Change] | None = None) -> None:
    """Open an empty page that may import any script of ours, some changed by path, and that leads nowhere else."""
    changed = changes or {}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(f"{ORIGIN}/")
        if not path.endswith(".js"):
            route.fulfill(body="<!doctype html>", content_type="text/html")
            return
        text = (ROOT / path).read_text("utf-8")
        whole, instead = changed.get(path, ("", ""))
        assert whole in text, f"{path} is not written so"
        route.fulfill(body=text.replace(whole, instead) if whole else text, content_type="text/javascript")

    page.route("**/*", lambda route: route.fulfill(status=204))
    page.route(f"{ORIGIN}/**", answer)
    page.goto(f"{ORIGIN}/")
