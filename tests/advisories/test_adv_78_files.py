"""
Files that strangers send: names that reach a path (CVE-2021-41281, CVE-2026-28289), endings that run (CVE-2025-48471),
pictures that run or are of odd kinds (CVE-2021-3742, CVE-2024-53863, CVE-2023-4863), bodies of kinds that are not
taken (CVE-2024-52805), and forms of endless parts (CVE-2025-54121, CVE-2024-47874, CVE-2023-30798).
"""

import io
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any

import pytest
from PIL import Image

from chat.attachments.api import HEADER_MOST
from tests.chance import dice, some
from tests.inside import Served, problem_of
from tests.test_attachments import picture, stored, upload

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("settings", ["sqlite"], indirect=True)]
NAMES = (
    *("../../../../etc/cron.d/x", "/etc/passwd", "..\\..\\windows\\win.ini", "C:\\x.txt", "\\\\host\\share\\x"),
    *("%2e%2e%2fx", "..%c0%afx", "x\x00.txt", "a/../../b", ".", "..", "", " ", "x" * 300, "CON", "nul.txt", "a:b.txt"),
    *(
        "~root",
        "$(touch x)",
        "`id`.txt",
        ";id",
        "|id",
        "-rf",
        "x\r\nset-cookie: a=b",
        "{{7*7}}",
        "%s%n",
        "\u202egpj.exe",
    ),
)
RUNS = ("php", "phtml", "htaccess", "html", "svg", "js", "exe", "bat", "sh", "jar", "py", "hta", "lnk", "asp", "cgi")
ODD = ("BMP", "TIFF", "ICO", "PPM", "PCX", "TGA", "SGI", "JPEG2000", "DDS", "EPS", "MSP", "XBM")
KINDS = (
    *(
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=a",
        "multipart/related; boundary=a",
    ),
    *("multipart/x-mixed-replace; boundary=a", "application/octet-stream", "", "multipart/form-data", "image/png"),
)


async def test_adv_78_and_adv_44_no_name_of_a_file_reaches_a_path(app: Served) -> None:
    guest, chance = await app.house.visit(), dice("names of files")
    made = [*NAMES, *("".join(chance.choices("./\\%~a\0", k=chance.randrange(1, 40))) for _ in range(20))]
    for name in made[:55]:
        answer = await upload(app, guest, b"hello", name)
        assert answer.status_code in {201, 422, 429}, (name, answer.text)
        if answer.status_code == 201:
            assert not set("/\\\0\r\n") & set(answer.json()["name"]), name
            draft = guest.draft("see")
            draft.attachments = (answer.json()["id"],)
            await app.house.box.post(draft)
    files = stored(app.services)
    assert len(files) > 10
    folder = app.services.settings.data / "attachments" / guest.contact.uid
    assert {path.parent for path in files} == {folder}
    assert {len(path.name) for path in files} == {43}


@pytest.mark.parametrize("asked", ["..%2f..%2fsecret.key", "%2e%2e", "/etc/passwd", "a%00b", "C:%5cx", "x" * 300])
async def test_adv_78_no_id_of_a_file_is_a_path(app: Served, asked: str) -> None:
    guest = await app.house.visit()
    for where, headers in ((f"/widget/{app.house.key}", guest.bearer), ("/api/v1", app.house.bearer)):
        answer = await app.client.get(f"{where}/attachments/{asked}", headers=headers)
        assert answer.status_code in {404, 405, 422}, (where, answer.status_code)
        assert app.services.settings.data.name not in answer.text


async def test_adv_81_no_file_keeps_an_ending_that_runs(app: Served) -> None:
    for ending in some(RUNS, 3, "endings that run"):
        guest = await app.house.visit()
        for name in (f"x.{ending}", f"x.png.{ending}", f"x.{ending}.", f".{ending}", f"x.{ending.upper()} "):
            file = (await upload(app, guest, b"<?php echo 1 ?>", name)).json()
            assert (file["type"], file["name"].rpartition(".")[2]) == ("text/plain", "txt"), file
    assert {path.stat().st_mode & 0o111 for path in stored(app.services)} == {0}


async def test_adv_12_a_drawing_is_never_a_picture(app: Served) -> None:
    guest = await app.house.visit()
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    for data in (
        drawing,
        b'<?xml version="1.0"?>' + drawing,
        b"\xef\xbb\xbf" + drawing,
        drawing.decode().encode("utf-16"),
    ):
        answer = await upload(app, guest, data, "avatar.svg")
        assert answer.status_code in {201, 422}
        if answer.status_code == 201:
            assert (answer.json()["type"], answer.json()["preview"]) == ("text/plain", False)
    shown = (await upload(app, guest, picture())).json()  # the control
    assert shown["preview"] is True


async def test_adv_82_no_odd_kind_of_picture_is_opened(app: Served) -> None:
    for kind in ODD:
        data, guest = drawn(kind), await app.house.visit()
        for name in (f"x.{kind.lower()}", "photo.png"):
            answer = await upload(app, guest, data, name)
            assert answer.status_code == 422 or answer.json()["preview"] is False, (kind, answer.text)


def drawn(kind: str) -> bytes:
    """A picture of a kind, or where it cannot be written here, the first bytes of a JPEG 2000."""
    out = io.BytesIO()
    try:
        Image.new("1" if kind in {"MSP", "XBM"} else "RGB", (16, 16)).save(out, kind)
    except (OSError, KeyError, ValueError):
        return b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(100)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
async def test_adv_83_a_body_of_another_kind_is_refused_before_it_is_kept(app: Served, kind: str) -> None:
    guest, read = await app.house.visit(), 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(320):
            read += 1
            yield b"--a\r\n" + bytes(65_531)

    headers = {**guest.bearer, "content-type": kind}
    tracemalloc.start()
    try:
        answer = await app.client.post(f"/widget/{app.house.key}/attachments", content=body(), headers=headers)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code in {413, 422}
    assert most < 16 << 20
    assert not stored(app.services)


def parts(count: int, name: str, value: bytes, more: str = "") -> bytes:
    """A form of so many parts."""
    one = f'--a\r\ncontent-disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"
    return one * count + b"--a--\r\n"


FORMS: dict[str, Any] = {
    "endless parts": parts(100_000, "x", b""),
    "endless files": parts(11, "file", b"hello", '; filename="a.txt"'),
    "one endless text": parts(1, "x", b"y" * (11 << 20)),
    "one endless name": parts(1, "x" * (HEADER_MOST + 1), b"y"),
    "one endless file": parts(1, "file", b"y" * (11 << 20), '; filename="a.txt"'),
}


@pytest.mark.parametrize("what", FORMS)
async def test_adv_95_a_form_has_a_most_in_every_way(app: Served, what: str) -> None:
    guest = await app.house.visit()
    headers = {**guest.bearer, "content-type": "multipart/form-data; boundary=a"}
    path = f"/widget/{app.house.key}/attachments"
    answer = await app.client.post(path, content=FORMS[what], headers=headers)
    problem_of(answer, answer.status_code, "too_large" if answer.status_code == 413 else "invalid_field")
    assert not stored(app.services)
    good = await app.client.post(path, content=parts(1, "file", b"hello", '; filename="a.txt"'), headers=headers)
    assert good.status_code == 201  # the control
