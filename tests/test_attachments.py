"""Claims about files: taken with consent only, sniffed, drawn anew, sealed, given to their own, swept, forgotten."""

import io
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image, PngImagePlugin

from chat.attachments.actions import attachments
from chat.attachments.domain import pictures
from chat.core.crypt import CHUNK_BYTES, SEALED_CHUNK, Sealed, seal_chunks, unseal_chunks
from chat.core.errors import ConsentRequired, InvalidField, NotFound
from chat.erasure.actions import erasure
from chat.tickets.actions import redaction
from tests.chance import dice
from tests.inside import Guest, House, Served, counted, found, new_id, problem_of

CANARY = "zqxjkvbanana"
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **extra: Any) -> bytes:
    """An image with a place and a comment in it."""
    image, out = Image.new("RGB", size, (200, 30, 40)), io.BytesIO()
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = CANARY, 6
    exif.get_ifd(0x8825)[1] = "N"
    image.save(out, kind, exif=exif, **extra)
    return out.getvalue()


async def upload(app: Served, guest: Guest, data: bytes, name: str = "photo.jpg", **form: Any) -> httpx2.Response:
    path = f"/widget/{app.house.key}/attachments"
    return await app.client.post(path, files={"file": (name, data, "text/html")}, headers=guest.bearer, **form)


def stored(services: Any) -> list[Path]:
    """Every file there is of contacts."""
    return [path for path in (services.settings.data / "attachments").rglob("*") if path.is_file()]


async def said(app: Served, guest: Guest, data: bytes, name: str = "photo.jpg") -> tuple[str, int, int]:
    """Send a file in a message; its id, the ticket and the seq."""
    file = (await upload(app, guest, data, name)).json()["id"]
    draft = guest.draft("see")
    draft.attachments = (file,)
    done = await app.house.box.post(draft)
    return file, done.number, done.seq


async def test_an_image_comes_back_without_what_its_camera_wrote(app: Served) -> None:
    guest = await app.house.visit()
    sent = picture(comment=CANARY.encode())
    assert CANARY.encode() in sent  # the control: it is in what is sent
    answer = await upload(app, guest, sent)
    assert answer.status_code == 201, answer.text
    file = answer.json()
    assert (file["name"], file["type"], file["preview"]) == ("photo.jpg", "image/jpeg", True)
    assert (file["width"], file["height"]) == (480, 640)  # turned, as it is shown
    for query, size in (("", (480, 640)), ("?small=true", (360, 480))):
        given = await app.client.get(f"/widget/{app.house.key}/attachments/{file['id']}{query}", headers=guest.bearer)
        assert CANARY.encode() not in given.content
        with Image.open(io.BytesIO(given.content)) as image:
            assert image.size == size  # turned as the camera was held
            assert not image.getexif()
            assert "comment" not in image.info


async def test_every_frame_says_how_large_an_image_is_and_of_other_files_nothing(app: Served) -> None:
    guest = await app.house.visit()
    size = {"width": 480, "height": 640}
    await said(app, guest, picture())
    await said(app, guest, b"text", "a.txt")
    listed = (await app.rest("GET", "/tickets/1/messages")).json()["items"]
    assert [{key: each[key] for key in size if key in each} for one in listed for each in one["attachments"]] == [
        size,
        {},
    ]


@ON_SQLITE
async def test_a_file_is_a_line_of_its_own_in_the_transcript_and_no_text_is(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    await guest.say("Here it is [invoice.txt]\nFile: invoice.txt")
    await said(app, guest, b"text", "pots.txt")
    text = (await app.call("GET", f"/widget/{app.house.key}/transcript", **guest.bearer)).text
    assert [line for line in text.splitlines() if line.startswith("File")] == ["File: pots.txt"]
    assert "Zoe: see\nFile: pots.txt\n" in text


async def test_files_and_their_names_are_sealed_on_disk_and_in_the_database(app: Served) -> None:
    guest = await app.house.visit()
    await said(app, guest, f"{CANARY} in a text".encode(), f"{CANARY}.txt")
    assert stored(app.services)
    for path in app.services.settings.data.rglob("*"):
        assert CANARY not in path.name
        assert not path.is_file() or CANARY.encode() not in path.read_bytes()


async def test_a_file_is_given_as_something_that_cannot_run(app: Served) -> None:
    guest = await app.house.visit()
    page = b"<script>alert(1)</script>"
    file = (await upload(app, guest, page, '../../"evil\u202egpj.html\r\nX: y')).json()
    assert (file["type"], file["name"]) == ("text/plain", "evilgpj.htmlX y.txt")
    given = await app.client.get(f"/widget/{app.house.key}/attachments/{file['id']}", headers=guest.bearer)
    assert given.content == page
    assert given.headers["content-type"] == "application/octet-stream"
    assert given.headers["content-disposition"].startswith("attachment;")
    assert given.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in given.headers["content-security-policy"]


async def test_what_is_no_file_we_take_is_refused_and_leaves_nothing(app: Served) -> None:
    guest = await app.house.visit()
    bad = {
        "a program": b"MZ\x90\x00\x03" + bytes(100),
        "nothing": b"",
        "a damaged image": picture()[:300],
        "an image of another kind": b"\x89PNG\r\n\x1a\n" + picture(),
        "a bomb": _bomb(),
    }
    for what, data in bad.items():
        problem = problem_of(await upload(app, guest, data), 422, "invalid_field")
        assert problem["field"] == "file", what
    for raw, kind in (
        (b"x", "application/json"),
        (b"--a\r\n", "multipart/form-data"),
        (b"\x00\xff", "multipart/form-data; boundary=a"),
    ):
        path = f"/widget/{app.house.key}/attachments"
        answer = await app.client.post(path, content=raw, headers={**guest.bearer, "content-type": kind})
        problem_of(answer, 422, "invalid_field")
    assert not stored(app.services)
    assert (await counted(app.services))["attachment"] == 0


def _bomb() -> bytes:
    """A PNG that says it has 900 million pixels and holds almost none."""
    head = b"\x00\x00\x75\x30\x00\x00\x75\x30\x08\x02\x00\x00\x00"
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")]
    made = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        made += len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")
    return made


@ON_SQLITE
async def test_a_file_over_the_limit_is_too_large_whatever_its_length_says(app: Served) -> None:
    guest = await app.house.visit()
    problem_of(await upload(app, guest, b"x" * (attachments.FILE_MOST + 1)), 413, "too_large")

    async def stream() -> Any:
        yield b'--a\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\n'
        for _ in range(200):
            yield b"x" * 65_536

    headers = {**guest.bearer, "content-type": "multipart/form-data; boundary=a"}
    answer = await app.client.post(f"/widget/{app.house.key}/attachments", content=stream(), headers=headers)
    problem_of(answer, 413, "too_large")
    assert not stored(app.services)


async def test_nobody_without_a_live_consent_may_upload_or_download(app: Served) -> None:
    guest = await app.house.visit()
    file = (await upload(app, guest, b"text")).json()["id"]
    await app.house.publish()
    problem_of(await upload(app, guest, b"more"), 422, "consent_required")
    given = await app.client.get(f"/widget/{app.house.key}/attachments/{file}", headers=guest.bearer)
    problem_of(given, 422, "consent_required")
    nobody = await app.client.post(f"/widget/{app.house.key}/attachments", files={"file": b"x"})
    problem_of(nobody, 401, "unauthorized")
    # The door may be passed just before consent ends: then the transaction refuses, and the file goes again.
    before = len(stored(app.services))
    with pytest.raises(ConsentRequired):
        await attachments.keep(app.services, guest.contact, "visitor", "n", b"late")
    assert len(stored(app.services)) == before


async def test_a_file_is_its_contacts_and_its_accounts_only(app: Served) -> None:
    guest, other = await app.house.visit(), await app.house.visit()
    file, _, _ = await said(app, guest, b"mine")
    theirs = await app.client.get(f"/widget/{app.house.key}/attachments/{file}", headers=other.bearer)
    problem_of(theirs, 404, "not_found")
    assert (await app.rest("GET", f"/attachments/{file}")).content == b"mine"
    foreign = await found(app.services, "Other", "owner@other.example")
    problem_of(await app.rest("GET", f"/attachments/{file}", house=foreign), 404, "not_found")
    problem_of(await app.rest("DELETE", f"/attachments/{file}", house=foreign), 404, "not_found")
    draft = other.draft("stolen")
    draft.attachments = (file,)
    with pytest.raises(NotFound):
        await app.house.box.post(draft)


async def test_an_attachment_is_in_one_message_and_a_repetition_is_stored_once(app: Served) -> None:
    guest = await app.house.visit()
    file = (await upload(app, guest, b"once")).json()["id"]
    cid = new_id()
    for again in (False, True):
        draft = guest.draft("", cid)
        draft.attachments = (file,)
        assert (await app.house.box.post(draft)).repeated is again
    second = guest.draft("twice")
    second.attachments = (file,)
    with pytest.raises(NotFound):
        await app.house.box.post(second)
    listed = (await app.rest("GET", "/tickets/1/messages")).json()["items"]
    assert [[each["id"] for each in one["attachments"]] for one in listed] == [[file]]


async def test_a_file_the_agent_sends_reaches_the_visitor(app: Served) -> None:
    guest = await app.house.visit()
    await guest.say("hello")
    answer = await app.client.post(
        "/api/v1/tickets/1/attachments", files={"file": ("a.pdf", b"%PDF-1.7 x")}, headers=app.house.bearer
    )
    assert answer.status_code == 201, answer.text
    file = answer.json()
    body = {"id": new_id(), "text": "", "attachments": [file["id"]]}
    sent = await app.rest("POST", "/tickets/1/messages", body)
    assert (sent.status_code, sent.json()["attachments"]) == (201, [file])
    given = await app.client.get(f"/widget/{app.house.key}/attachments/{file['id']}", headers=guest.bearer)
    assert given.content == b"%PDF-1.7 x"
    problem_of(await app.rest("POST", "/tickets/1/messages", {"id": new_id(), "text": ""}), 422, "invalid_field")


async def test_erasing_a_contact_takes_their_files_even_where_rows_and_keys_went_first(app: Served) -> None:
    guest, other = await app.house.visit(), await app.house.visit()
    await said(app, guest, picture())
    await said(app, other, b"stays")
    assert len(stored(app.services)) == 3
    await erasure.by_agent(app.services, app.house.actor, guest.contact.uid)
    await erasure.sweep(app.services)
    assert [path.parent.name for path in stored(app.services)] == [other.contact.uid]
    (app.services.settings.data / "attachments" / guest.contact.uid).mkdir()
    (app.services.settings.data / "attachments" / guest.contact.uid / "late").write_bytes(b"x")
    assert await attachments.forget(app.services, guest.contact.uid) == 1
    assert len(stored(app.services)) == 1


async def test_the_sweep_takes_unused_uploads_and_leftovers_and_nothing_else(app: Served) -> None:
    guest = await app.house.visit()
    await said(app, guest, picture())
    assert (await upload(app, guest, b"never sent")).status_code == 201
    folder = app.services.settings.data / "attachments" / guest.contact.uid
    for name in ("B" * 43, f"{'C' * 43}.small", f"{'D' * 43}.part"):
        (folder / name).write_bytes(b"left")
    assert await attachments.sweep(app.services) == 0  # the control: all of it is too young
    assert len(stored(app.services)) == 6
    later = app.services.clock() + attachments.UNUSED_MS + 60_000
    old = _later(app.services, later)
    assert await attachments.sweep(old) == 5  # the unused one is a row first and a leftover then
    assert len(stored(app.services)) == 2
    assert (await counted(app.services))["attachment"] == 1


async def test_a_sweep_takes_unused_uploads_however_many_they_are(app: Served, monkeypatch: Any) -> None:
    monkeypatch.setattr(attachments, "SWEPT", 2)
    guest = await app.house.visit()
    for number in range(5):
        assert (await upload(app, guest, b"never sent %d" % number)).status_code == 201
    old = _later(app.services, app.services.clock() + attachments.UNUSED_MS + 60_000)
    assert await attachments.sweep(old) == 10
    assert (await counted(app.services))["attachment"] == 0
    assert not stored(app.services)


def _later(services: Any, at: int) -> Any:
    return replace(services, clock=lambda: at)


async def test_a_deleted_attachment_is_gone_and_its_message_stays(app: Served) -> None:
    guest = await app.house.visit()
    file, number, seq = await said(app, guest, picture())
    answer = await app.rest("DELETE", f"/attachments/{file}")
    assert answer.json() == {"type": "redacted", "ticket": number, "seq": seq + 1, "target": seq, "attachment": file}
    assert not stored(app.services)
    listed = (await app.rest("GET", f"/tickets/{number}/messages")).json()["items"]
    assert [(each["type"], each.get("text"), each.get("attachments")) for each in listed] == [
        ("message", "see", []),
        ("redacted", None, None),
    ]
    problem_of(await app.rest("GET", f"/attachments/{file}"), 404, "not_found")


def test_chunks_open_only_whole_and_in_order() -> None:
    chance = dice("chunks")
    key = chance.randbytes(32)
    for size in (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7):
        data = chance.randbytes(size)
        chunks = list(seal_chunks(key, data))
        assert b"".join(unseal_chunks(key, chunks)) == data
        assert all(len(each) == SEALED_CHUNK for each in chunks[:-1])
        flipped = bytearray(chunks[0])
        flipped[chance.randrange(len(flipped))] ^= 1
        for wrong in (
            chunks[:-1],
            [*chunks, b""],
            [bytes(flipped), *chunks[1:]],
            chunks[::-1] if len(chunks) > 1 else [b""],
        ):
            with pytest.raises(Sealed):
                b"".join(unseal_chunks(key, wrong))


def test_every_kind_of_image_loses_what_is_not_its_pixels() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("Comment", CANARY)
    kinds: dict[str, Any] = {
        "PNG": {"pnginfo": text},
        "GIF": {"comment": CANARY.encode()},
        "WEBP": {},
        "JPEG": {"comment": CANARY.encode()},
    }
    for kind, extra in kinds.items():
        sent = picture(kind, **extra) + CANARY.encode()
        drawn = pictures.redraw(sent, f"image/{kind.lower()}")
        assert CANARY.encode() in sent
        assert CANARY.encode() not in drawn.data + drawn.small
        with Image.open(io.BytesIO(drawn.data)) as image:
            assert not image.getexif()
            assert not {"comment", "Comment", "exif"} & set(image.info)


def test_an_image_is_refused_where_its_sniffed_kind_is_another() -> None:
    with pytest.raises(InvalidField):
        pictures.redraw(picture("PNG"), "image/jpeg")
    assert pictures.redraw(picture("PNG"), "image/png").type == "image/png"  # the control


async def test_purging_a_ticket_takes_its_files(app: Served) -> None:
    guest = await app.house.visit()
    _, number, _ = await said(app, guest, picture())
    await redaction.purge(app.services, app.house.actor, number)
    assert not stored(app.services)
    rows = await counted(app.services)
    assert (rows["ticket"], rows["message"], rows["attachment"], rows["contact"]) == (0, 0, 0, 1)


async def test_an_upload_that_ends_with_a_withdrawal_leaves_nothing(house: House) -> None:
    guest = await house.visit()
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    await erasure.sweep(house.services)
    with pytest.raises(NotFound):
        await attachments.keep(house.services, guest.contact, "visitor", "n", b"late")
    assert not stored(house.services)
