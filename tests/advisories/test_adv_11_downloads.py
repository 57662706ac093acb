"""
Whatever is uploaded is given as something to save, of a type that runs nowhere.

CVE-2023-22735 (Zulip: served with the type it came with), CVE-2021-3742 (Chatwoot: an SVG opened in a tab),
CVE-2025-48471 (FreeScout: dangerous endings).
"""

from typing import Any

import pytest

from tests.chance import dice
from tests.inside import Served
from tests.test_attachments import picture, upload

pytestmark = pytest.mark.anyio
SCRIPT = b"<script>pwned=1</script>"
FILES = {
    "page.html": b"<!doctype html><html>" + SCRIPT,
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="pwned=1">' + SCRIPT + b"</svg>",
    "feed.xml": b'<?xml version="1.0"?><?xml-stylesheet href="x.xsl"?><x xmlns="http://www.w3.org/1999/xhtml">'
    + SCRIPT
    + b"</x>",
    "script.js": b"pwned = 1",
    "paper.pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(pwned=1)>>>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF",
    "photo.gif": b"GIF89a" + SCRIPT,
    "photo.png": b"\x89PNG\r\n\x1a\n" + SCRIPT,
    "photo.jpg": picture() + SCRIPT,
}
TYPES = (
    "text/html",
    "image/svg+xml",
    "application/xhtml+xml",
    "text/javascript",
    "multipart/mixed",
    "",
    "image/png; x=text/html",
)


@pytest.mark.parametrize("name", FILES)
async def test_no_upload_runs_where_it_is_opened(app: Served, name: str) -> None:
    guest, chance = await app.house.visit(), dice(f"uploading {name}")
    for asked in ("", "?small=true"):
        claimed = chance.choice(TYPES)
        path = f"/widget/{app.house.key}/attachments"
        sent = {"file": (name, FILES[name], claimed)}
        made = await app.client.post(path, files=sent, headers=guest.bearer)
        if made.status_code == 422:  # it is no file that is taken
            continue
        for place, headers in ((path, guest.bearer), ("/api/v1/attachments", app.house.bearer)):
            harmless(await app.client.get(f"{place}/{made.json()['id']}{asked}", headers=headers))


def harmless(given: Any) -> None:
    """A browser saves it and runs nothing of it."""
    if given.status_code == 404:  # there is no small image of it
        return
    assert given.headers["content-disposition"].startswith("attachment;"), given.headers
    assert given.headers["content-type"] in {"application/octet-stream", "image/webp", "image/png", "image/jpeg"}
    assert given.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in given.headers["content-security-policy"]
    assert "default-src 'none'" in given.headers["content-security-policy"]
    if given.headers["content-type"].startswith("image/"):
        assert b"script" not in given.content


async def test_the_control_takes_most_of_these_files(app: Served) -> None:
    guest = await app.house.visit()
    taken = [name for name, data in FILES.items() if (await upload(app, guest, data, name)).status_code == 201]
    assert len(taken) >= 4
