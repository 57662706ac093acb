"""Claims about strangers' files: looked at in a process of their own that ends, and nobody else waits for it."""

import asyncio
import io
import os
import random
import signal
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest
from PIL import Image

from chat.attachments.actions import attachments
from chat.attachments.actions import looking as asking
from chat.attachments.domain import looking
from chat.attachments.domain.looking import Looked, look, packed, unpacked
from chat.attachments.domain.pictures import PIXELS_MOST, SCANS_MOST
from chat.core.errors import InvalidField, Unavailable
from chat.core.turns import Sender
from tests.chance import dice
from tests.inside import House, Served, problem_of
from tests.test_attachments import picture, stored, upload

WEAK = (
    "from chat.attachments.domain import looking, pictures; pictures.SCANS_MOST = 10**9; "
    "looking.CPU_SECONDS = {cpu}; looking.main()"
)
WHO = Sender("account", "contact")
ON_SQLITE = pytest.mark.parametrize("settings", ["sqlite"], indirect=True)


@cache
def many_scans(count: int, side: int = 3000) -> bytes:
    """A progressive JPEG of few bytes with so many scans: each makes a decoder walk over the whole image."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), (9, 9, 9)).save(out, "JPEG", progressive=True, quality=50)
    data = out.getvalue()
    last = data.rindex(b"\xff\xda")
    scan = data[last:-2]
    assert len(scan) < 200
    return data[:-2] + scan * count + b"\xff\xd9"


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def png(width: int, height: int, *more: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG that says it has so many pixels."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(more) + chunk(b"IEND", b"")


def program(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Have the process run something else before, or instead of, its own work."""
    monkeypatch.setattr(looking, "COMMAND", (sys.executable, "-P", "-B", "-c", text))


def weakened(monkeypatch: pytest.MonkeyPatch, *, cpu: int) -> None:
    """Let the process count no scans, and end after so many seconds of CPU."""
    program(monkeypatch, WEAK.format(cpu=cpu))


def running() -> set[int]:
    """The processes of this one that look at a file just now."""
    found = set()
    for path in Path("/proc").iterdir():
        with suppress(OSError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1]) if path.name.isdecimal() else 0
            if parent == os.getpid() and b"looking" in (path / "cmdline").read_bytes():
                found.add(int(path.name))
    return found


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    """Every test ends with no such process."""
    yield
    assert running() == set()


def spent() -> float:
    """The CPU seconds of all children that have ended."""
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@ON_SQLITE
async def test_an_image_of_many_scans_is_refused_before_it_is_drawn(app: Served) -> None:
    guest, before = await app.house.visit(), spent()
    problem = problem_of(await upload(app, guest, many_scans(12_000)), 422, "invalid_field")
    assert str(SCANS_MOST) in problem["detail"]
    assert spent() - before < 2
    assert (await upload(app, guest, many_scans(20, side=300))).status_code == 201  # the control: few are no harm
    assert len(stored(app.services)) == 2


@ON_SQLITE
async def test_what_takes_too_much_work_is_stopped_and_nobody_waits_for_it(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, other = await app.house.visit(), await app.house.visit()
    weakened(monkeypatch, cpu=3)
    own, before = time.process_time(), spent()
    slow = asyncio.create_task(upload(app, guest, many_scans(100_000)))
    answered = 0
    while not running():  # noqa: ASYNC110 - the system's, which tells nobody
        await asyncio.sleep(0.01)
    for _ in range(3):
        assert (await upload(app, other, picture("PNG", (20, 20)))).status_code == 201
        assert (await app.client.get("/healthz")).status_code == 200
        answered += not slow.done()
    assert answered == 3  # while the other was still being looked at
    problem_of(await slow, 422, "invalid_field")
    assert spent() - before >= 3
    assert time.process_time() - own < 0.5 * (spent() - before)  # the loop's process did little of it
    assert [path for path in stored(app.services) if path.parent.name == guest.contact.uid] == []


STOPPED = "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"  # as the system ends what takes too much work
HELD = """if True:
    import os, sys, time
    from chat.attachments.domain import looking
    if b"held" in sys.stdin.buffer.peek():
        while not os.path.exists({path!r}):
            time.sleep(0.01)
    looking.main()
"""


@ON_SQLITE
async def test_who_sent_what_was_stopped_may_send_little_more(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    guest, other = await app.house.visit(), await app.house.visit()
    with monkeypatch.context() as patch:
        program(patch, STOPPED)
        statuses = [(await upload(app, guest, picture())).status_code for _ in range(4)]
        assert statuses == [422, 422, 422, 429]
    assert (await upload(app, guest, picture())).status_code == 429  # a good one as well
    for _ in range(4):  # the control: what is refused and was not stopped costs no more than any
        assert (await upload(app, other, b"\0")).status_code == 422
    assert (await upload(app, other, picture())).status_code == 201


@ON_SQLITE
async def test_a_stopped_file_that_costs_no_more_is_noticed(app: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "STOPPED", 1)
    with pytest.raises(AssertionError):
        await test_who_sent_what_was_stopped_may_send_little_more(app, monkeypatch)


@ON_SQLITE
async def test_files_of_those_whose_were_stopped_leave_a_lane(
    house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    guests = [await house.visit() for _ in range(3)]
    with monkeypatch.context() as patch:
        program(patch, STOPPED)
        for guest in guests:
            with pytest.raises(asking.Stopped):
                await attachments.keep(house.services, guest.contact, "visitor", "n", b"held")
    program(monkeypatch, HELD.format(path=str(tmp_path / "go on")))
    held = [
        asyncio.create_task(attachments.keep(house.services, guest.contact, "visitor", "n", b"held"))
        for guest in guests
    ]
    while not running():  # noqa: ASYNC110 - the system's, which tells nobody
        await asyncio.sleep(0.01)
    other = await house.visit()
    for _ in range(2):
        await attachments.keep(house.services, other.contact, "visitor", "n", b"words")
    assert len(running()) == 1
    assert not any(each.done() for each in held)
    (tmp_path / "go on").touch()
    await asyncio.gather(*held)  # and nobody is left out


@ON_SQLITE
async def test_without_its_limit_the_same_image_would_go_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    weakened(monkeypatch, cpu=1)
    with pytest.raises(InvalidField, match="too much work"):
        await asking.look(house.services, WHO, many_scans(200))
    weakened(monkeypatch, cpu=600)
    before = spent()
    await asking.look(house.services, WHO, many_scans(200))
    assert spent() - before > 1


@ON_SQLITE
async def test_a_large_text_is_looked_at_elsewhere(house: House) -> None:
    guest = await house.visit()
    text = "Γειά σου \n".encode() * 600_000
    data, before, own = text[: 10 * 2**20], spent(), time.process_time()
    assert (await asking.look(house.services, WHO, data)).type == "text/plain"
    assert spent() > before  # in another process
    assert time.process_time() - own < 1
    kept = await attachments.keep(house.services, guest.contact, "visitor", "notes", data)
    assert (kept.name, kept.size) == ("notes.txt", len(data))


BOMBS: dict[str, Callable[[], bytes]] = {
    "says 900 million pixels": lambda: png(30_000, 30_000, chunk(b"IDAT", zlib.compress(bytes(1000)))),
    "has them": lambda: png(30_000, 30_000, chunk(b"IDAT", zlib.compress(bytes(90_000_000), 9))),
    "one bit each": lambda: png(60_000, 60_000, chunk(b"IDAT", zlib.compress(bytes(1000))), depth=1, colour=0),
    "a long line": lambda: png(2**31 - 1, 1, chunk(b"IDAT", zlib.compress(b"\0"))),
    "a text that unfolds": lambda: png(1, 1, chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000_000), 9))),
    "a profile that unfolds": lambda: png(1, 1, chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(300_000_000), 9))),
    "a GIF": lambda: (
        b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0x80, 0, 0) + bytes(6) + b",\0\0\0\0\xff\xff\xff\xff\0\2\0;"
    ),
    "a JPEG": lambda: b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x11\0\x02\x11\0\x03\x11\0\xff\xd9",
    "a WebP": lambda: b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0/\xff\xff\xff\x0f" + bytes(12),
}


@pytest.mark.parametrize("what", BOMBS)
@ON_SQLITE
async def test_bombs_are_refused(house: House, what: str) -> None:
    bomb, before = BOMBS[what](), spent()
    with suppress(InvalidField):
        made = await asking.look(house.services, WHO, bomb)
        assert "unfolds" in what  # what does so beside a picture is not looked at, and the picture is
        assert (made.width, made.height) == (1, 1)
    assert spent() - before < 5


def test_a_bomb_within_the_limit_of_pixels_is_drawn_within_the_limit_of_memory() -> None:
    side = int(PIXELS_MOST**0.5)
    out = io.BytesIO()
    Image.new("RGBA", (side, side), (1, 2, 3, 4)).save(out, "PNG")
    command = (sys.executable, "-P", "-B", "-m", "chat.attachments.domain.looking")
    ran = subprocess.run(
        command, input=out.getvalue(), capture_output=True, env=looking.ENVIRON, check=True, timeout=300
    )
    assert unpacked(ran.stdout, b"").width == side
    tight = f"from chat.attachments.domain import looking; looking.MEMORY = {looking.MEMORY // 4}; looking.main()"
    ran = subprocess.run(
        (sys.executable, "-P", "-B", "-c", tight),
        input=out.getvalue(),
        capture_output=True,
        env=looking.ENVIRON,
        check=True,
        timeout=300,
    )
    with pytest.raises(InvalidField, match="memory"):
        unpacked(ran.stdout, b"")


@ON_SQLITE
async def test_when_its_process_is_killed_nothing_is_kept_and_it_may_be_sent_again(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest = await app.house.visit()
    ends = {"import os; os.kill(os.getpid(), 9)": 503, "import os; os._exit(3)": 503, "import os; os.abort()": 422}
    with monkeypatch.context() as patch:
        for text, status in ends.items():
            program(patch, text)
            assert (await upload(app, guest, picture())).status_code == status, text
    assert not stored(app.services)
    assert (await upload(app, guest, picture())).status_code == 201


@ON_SQLITE
async def test_a_process_that_says_too_much_or_never_ends_is_killed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(monkeypatch, "import sys\nwhile True: sys.stdout.buffer.write(bytes(1 << 20))")
    with pytest.raises(Unavailable):
        await asking.look(house.services, WHO, b"x")
    monkeypatch.setattr(looking, "WALL_SECONDS", -3)  # two seconds
    program(monkeypatch, "import time; time.sleep(1000)")
    with pytest.raises(Unavailable):
        await asking.look(house.services, WHO, bytes(2**21))
    program(monkeypatch, "print('not what it should say')")
    with pytest.raises(Unavailable):
        await asking.look(house.services, WHO, b"x")
    assert house.services.looking.free == 2  # every turn was given back


@ON_SQLITE
async def test_who_goes_away_takes_the_process_along(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    weakened(monkeypatch, cpu=60)
    task = asyncio.create_task(asking.look(house.services, WHO, many_scans(100_000)))
    while not running():  # noqa: ASYNC110 - the system's, which tells nobody
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not running()
    assert house.services.looking.free == 2


def test_it_goes_with_the_server_that_was_killed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(many_scans(100_000))
    lines = (
        "import subprocess, sys; from chat.attachments.domain import looking\n"
        f"command = (sys.executable, '-P', '-B', '-c', {WEAK.format(cpu=1)!r})\n"
        "made = subprocess.Popen(command, stdin=subprocess.PIPE, env=looking.ENVIRON)\n"
        "print(made.pid, flush=True)\n"
        f"made.communicate(open({str(tmp_path / 'file')!r}, 'rb').read())\n"
    )
    with subprocess.Popen((sys.executable, "-c", lines), stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        pid = int(server.stdout.readline())
        server.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 100  # a limit for a busy machine, not what it takes
    while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@ON_SQLITE
async def test_it_knows_nothing_of_the_server(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LETHE_SECRET_KEY", "x" * 40)
    program(
        monkeypatch,
        """if True:
        import os, resource, msgspec
        from chat.attachments.domain import looking
        looking.confine()
        limits = map(resource.getrlimit, (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE))
        said = [*os.environ, *os.listdir("/proc/self/fd"), *limits]
        print(msgspec.json.encode(looking.FileHead(refused=repr(said))).decode())
    """,
    )
    with pytest.raises(InvalidField) as refused:
        await asking.look(house.services, WHO, b"x")
    said = refused.value.detail
    assert "LETHE" not in said
    assert "PYTHONPATH" in said  # the control
    assert said.count("(0, 0)") == 2
    assert len([each for each in said.split("'") if each.isdecimal()]) == 4  # its three, and the one it looks with


def test_what_is_packed_is_unpacked() -> None:
    for looked in (Looked("text/plain", b"sent"), Looked("image/png", b"whole", b"small", 3, 4)):
        assert unpacked(packed(looked), b"sent") == looked
    with pytest.raises(InvalidField, match="why"):
        unpacked(packed(InvalidField("why")), b"")
    for bad in (b"", b"x", b"[]\n", b'{"type":3}\n'):
        with pytest.raises(Unavailable):
            unpacked(bad, b"")


def with_exif(kind: str, exif: bytes) -> bytes:
    """An image with such notes about it."""
    out = io.BytesIO()
    Image.new("RGB", (20, 10), (200, 30, 40)).save(out, kind, exif=exif)
    return out.getvalue()


@ON_SQLITE
async def test_a_picture_with_broken_notes_is_taken_without_them(app: Served) -> None:
    guest = await app.house.visit()
    whole = b"Exif\0\0II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x0e\x01\x02\0\x09\0\0\0&\0\0\0"
    broken = (whole[:-6], whole.replace(b"\x12\x01\x03", b"\x12\x01\x02"), whole.replace(b"*\0", b"*\xff"), whole[:14])
    for exif in broken:
        for kind in ("JPEG", "PNG", "WEBP"):
            answer = await upload(app, guest, with_exif(kind, exif))
            assert answer.status_code == 201, (kind, exif, answer.text)


def test_mutated_pictures_are_drawn_or_refused_and_nothing_else() -> None:
    chance = dice(__name__)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x829A] = 6, "text", 1.5
    exif.get_ifd(0x8825)[1] = "N"
    whole = []
    for kind in ("JPEG", "PNG", "WEBP", "GIF"):
        for mode in ("RGB", "L", "RGBA", "P"):
            out = io.BytesIO()
            made = Image.effect_noise((24, 17), 60).convert(mode)
            made = made.convert("RGB") if kind == "JPEG" and mode in {"RGBA", "P"} else made
            made.save(
                out,
                kind,
                **({} if kind == "GIF" else {"exif": exif}),
                **({"progressive": True} if kind == "JPEG" else {}),
            )
            whole.append(out.getvalue())
    drawn = refused = 0
    for _ in range(2500):
        data = mutated(chance, chance.choice(whole))
        try:
            look(data)
            drawn += 1
        except InvalidField:
            refused += 1
    assert drawn > 100
    assert refused > 100


def mutated(chance: random.Random, data: bytes) -> bytes:
    """The same with a few bytes changed, left out, or twice there; in a PNG sometimes with sums that agree."""
    made = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        at = chance.randrange(4, len(made))
        match chance.randrange(4):
            case 0:
                made[at] = chance.randrange(256)
            case 1:
                del made[at : at + chance.choice((1, 4, 50))]
            case 2:
                made[at:at] = made[at : at + chance.choice((1, 4, 50))]
            case _:
                made[at : at + 4] = chance.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff"))
        if len(made) < 20:
            break
    return _summed(bytes(made)) if chance.random() < 0.5 else bytes(made)


def _summed(data: bytes) -> bytes:
    at, made = 8, data[:8]
    if not data.startswith(b"\x89PNG"):
        return data
    while at + 12 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        body = data[at + 4 : at + 8 + size]
        made += data[at : at + 4] + body + zlib.crc32(body).to_bytes(4, "big")
        at += 12 + size
    return made
