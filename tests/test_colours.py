"""The claim that an image given back looks as the one that was sent, whatever its mode, depth, profile and turn."""

import io
import struct
from typing import Any

import pytest
from PIL import Image, ImageCms

from chat.attachments.domain import colours, pictures
from chat.attachments.domain.colours import in_srgb
from chat.attachments.domain.pictures import TURNS, redraw
from tests.chance import dice

SIZE = (24, 16)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
Pixel = tuple[int, ...]

# The primaries of Display P3 (SMPTE EG 432-1), adapted to D50, as rows of X, Y, Z by R, G, B.
P3 = ((0.51512, 0.29198, 0.15710), (0.24120, 0.69225, 0.06657), (-0.00105, 0.04189, 0.78407))
# Those of sRGB swapped, so that red is shown as green: what forgets the profile is seen at once.
SWAPPED = ((0.38515, 0.43607, 0.14307), (0.71687, 0.22249, 0.06061), (0.09708, 0.01392, 0.71410))


def profile(primaries: tuple[tuple[float, ...], ...], gamma: float) -> bytes:
    """A display's profile of three primaries and a curve (ICC.1:2001-04)."""

    def s15(value: float) -> bytes:
        return struct.pack(">i", round(value * 65536))

    def xyz(x: float, y: float, z: float) -> bytes:
        return b"XYZ \0\0\0\0" + s15(x) + s15(y) + s15(z)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"made by a test\0"
    tags = {
        b"desc": b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78) + b"\0",
        b"cprt": b"text\0\0\0\0" + b"none\0\0\0\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        **{name: xyz(*(row[at] for row in primaries)) for at, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))},
        **dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve),
    }
    return _icc(b"RGB ", tags)


def grey_profile(gamma: float) -> bytes:
    """A profile of one curve."""
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    return _icc(b"GRAY", {b"kTRC": curve, b"wtpt": white, b"cprt": b"text\0\0\0\0none\0\0\0\0"})


def _icc(space: bytes, tags: dict[bytes, bytes]) -> bytes:
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, said in tags.items():
        data = said + bytes(-len(said) % 4)
        table += name + struct.pack(">II", at + len(body), len(data))
        body += data
    head = struct.pack(">I4sI4s4s4s12s4s", at + len(body), b"", 0x02100000, b"mntr", space, b"XYZ ", bytes(12), b"acsp")
    head += bytes(28) + struct.pack(">iii", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def near(one: Pixel, other: Pixel, by: int = 3) -> bool:
    """Whether two pixels look alike; lossy formats and rounding move them a little."""
    return len(one) == len(other) and all(abs(a - b) <= by for a, b in zip(one, other, strict=True))


def centre(image: Image.Image) -> Pixel:
    """The pixel in the middle."""
    found = image.getpixel((image.width // 2, image.height // 2))
    assert isinstance(found, tuple)
    return found


def through(image: Image.Image, icc: bytes) -> Pixel:
    """The pixel in the middle, as a profile has it in sRGB."""
    made = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(icc)), SRGB)
    assert made is not None
    return centre(made)


def sent(image: Image.Image, kind: str, **more: Any) -> Image.Image:
    """What comes back for an image."""
    out = io.BytesIO()
    image.save(out, kind, **more)
    with Image.open(io.BytesIO(redraw(out.getvalue(), f"image/{kind.lower()}").data)) as back:
        back.load()
        assert not back.info.get("icc_profile")
        assert not back.getexif()
        return back.convert("RGBA" if back.has_transparency_data else "RGB")


@pytest.mark.parametrize("mode", Image.MODES)
def test_every_mode_gives_the_colours_it_stands_for(mode: str) -> None:
    colour = (180, 60, 90)
    grey = round(0.299 * 180 + 0.587 * 60 + 0.114 * 90)
    if mode.startswith("I"):
        made, wanted = Image.new("I", SIZE, grey * 257), (grey,) * 3
        made = made if mode == "I" else made.convert("I;16") if mode == "I;16" else Image.new(mode, SIZE, grey * 257)
    elif mode == "LAB":
        lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        turned = ImageCms.profileToProfile(Image.new("RGB", SIZE, colour), SRGB, lab, outputMode="LAB")
        assert turned is not None
        made, wanted = turned, colour
    elif mode == "1":
        made, wanted = Image.new("1", SIZE, 1), (255, 255, 255)
    else:
        steps = {"La": ("LA",), "PA": ("P",), "RGBa": ("RGBA",)}.get(mode, ())
        made = Image.new("RGB", SIZE, colour)
        for each in (*steps, mode):
            made = made.convert(each, palette=Image.Palette.ADAPTIVE)
        wanted = (grey,) * 3 if mode in {"L", "LA", "La", "F"} else colour
    back = in_srgb(made)
    assert back.mode in {"RGB", "RGBA"}
    assert near(centre(back)[:3], wanted, 6), (mode, centre(back), wanted)


@pytest.mark.parametrize("value", [0, 255, 256, 4000, 20000, 33000, 65535])
def test_sixteen_bits_of_grey_keep_their_brightness(value: int) -> None:
    back = centre(sent(Image.new("I;16", SIZE, value), "PNG"))
    assert near(back, (round(value / 257),) * 3, 1)


def test_a_grey_of_sixteen_bits_that_stands_for_nothing_stays_transparent() -> None:
    image = Image.new("I;16", SIZE, 30000)
    image.putpixel((1, 1), 30001)
    back = sent(image, "PNG", transparency=30000)
    assert centre(back)[3] == 0
    corner = back.getpixel((1, 1))
    assert isinstance(corner, tuple)
    assert near(corner, (117, 117, 117, 255), 1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_profile_is_carried_out_and_then_dropped(kind: str, mode: str) -> None:
    if (kind == "JPEG" and mode != "RGB") or (kind == "WEBP" and mode == "P"):
        mode = "RGB"
    image = Image.new("RGB", SIZE, (200, 40, 40)).convert(mode, palette=Image.Palette.ADAPTIVE)
    wide = profile(P3, 2.2)
    wanted = through(Image.new("RGB", SIZE, (200, 40, 40)), wide)
    assert near(wanted, (220, 0, 18), 8)  # as a colour calculator says
    ways: dict[str, dict[str, Any]] = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}
    lossless = ways.get(kind, {})
    assert near(centre(sent(image, kind, icc_profile=wide, **lossless))[:3], wanted, 4)
    swapped = centre(sent(image, kind, icc_profile=profile(SWAPPED, 2.2), **lossless))
    assert swapped[1] > swapped[0] + 100
    # The control: without a profile nothing moves.
    assert near(centre(sent(image, kind, **lossless))[:3], (200, 40, 40), 4)


def test_grey_and_print_have_their_profiles_too() -> None:
    dark = centre(sent(Image.new("L", SIZE, 128), "PNG", icc_profile=grey_profile(1.0)))
    assert near(dark, (188, 188, 188), 3)  # half the light, as sRGB writes it
    both = sent(Image.new("LA", SIZE, (128, 77)), "PNG", icc_profile=grey_profile(1.0))
    assert near(centre(both), (188, 188, 188, 77), 3)
    ink = Image.new("CMYK", SIZE, (0, 200, 200, 20))
    assert near(centre(sent(ink, "JPEG", quality=95)), centre(ink.convert("RGB")), 6)


def test_a_profile_that_is_broken_or_of_another_space_changes_nothing() -> None:
    whole = profile(P3, 2.2)
    for bad in (b"x", b"\0" * 200, whole[:150], whole[:400].ljust(len(whole), b"\xff"), grey_profile(1.0)):
        assert near(centre(sent(Image.new("RGB", SIZE, (200, 40, 40)), "PNG", icc_profile=bad)), (200, 40, 40), 1)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(9))
def test_an_image_stands_as_its_camera_was_held(kind: str, orientation: int) -> None:
    image = Image.new("RGB", (32, 16), (255, 255, 255))
    image.paste((0, 0, 0), (0, 0, 16, 8))  # dark is where the first row and column meet
    exif = Image.Exif()
    exif[0x0112] = orientation
    back = sent(image, kind, exif=exif)
    across = {5: "tl", 6: "tr", 7: "br", 8: "bl"}
    straight = {2: "tr", 3: "br", 4: "bl"}
    assert back.size == ((16, 32) if orientation in across else (32, 16))
    corner = {**straight, **across}.get(orientation, "tl")
    x, y = (2 if "l" in corner else back.width - 3), (2 if "t" in corner else back.height - 3)
    dark = back.getpixel((x, y))
    assert isinstance(dark, tuple)
    assert sum(dark[:3]) < 200, (orientation, corner)


def test_random_colours_come_back_by_their_profile() -> None:
    chance = dice(__name__)
    for _ in range(20):
        icc = profile(chance.choice((P3, SWAPPED)), chance.choice((1.0, 1.8, 2.2, 2.6)))
        colour = tuple(chance.randrange(256) for _ in range(3))
        image = Image.new("RGB", SIZE, colour)
        assert near(centre(sent(image, "PNG", icc_profile=icc)), through(image, icc), 1)


def test_what_forgets_profile_depth_or_turn_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(colours, "_by_profile", lambda *_: None)
        with pytest.raises(AssertionError):
            test_a_profile_is_carried_out_and_then_dropped("PNG", "RGB")
    with monkeypatch.context() as patch:
        patch.setattr(colours, "_shallow", lambda image: image.convert("L"))
        with pytest.raises(AssertionError):
            test_sixteen_bits_of_grey_keep_their_brightness(20000)
    with monkeypatch.context() as patch:
        patch.setattr(pictures, "TURNS", {**TURNS, 6: TURNS[8]})
        with pytest.raises(AssertionError):
            test_an_image_stands_as_its_camera_was_held("PNG", 6)
