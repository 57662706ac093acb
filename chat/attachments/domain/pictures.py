"""Images drawn anew: what comes out has the pixels and nothing else: no place, no camera, no comment, no tail."""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from dataclasses import dataclass

from PIL import Image

from chat.attachments.domain.colours import in_srgb
from chat.core.errors import InvalidField

# So many take up to 900 MB while they are drawn anew, and two files are looked at at a time.
PIXELS_MOST = 40_000_000
SCANS_MOST = 100
SMALL = (480, 480)
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
# An animation loses its movement: one frame is drawn, as a PNG where the format was made for movement.
DRAWN = {"image/gif": "image/png"}
QUALITY = 86
PORTRAIT, PORTRAIT_KINDS = 256, ("image/png", "image/jpeg", "image/webp")
ORIENTATION = 0x0112
# How a picture is turned so that it stands as its camera was held (Exif 3.0, 4.6.5.1.6).
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
MARK = re.compile(rb"\xff+([^\x00\x01\xff\xd0-\xd8])")  # of a JPEG (ITU-T T.81, B.1.1): those that have a length
SCAN, END = 0xDA, 0xD9


@dataclass(frozen=True)
class Picture:
    """An image drawn anew, `width` by `height` pixels, and a small one to show."""

    type: str
    width: int
    height: int
    data: bytes
    small: bytes


def redraw(data: bytes, kind: str) -> Picture:
    """
    Draw an image of media type `kind` anew.

    Raises InvalidField where it is broken, has over 40 million pixels, or is a JPEG of over 100 scans.
    """
    _few_scans(data, kind)
    plain, drawn = _decoded(data, kind), DRAWN.get(kind, kind)
    whole, (width, height) = _saved(plain, drawn), plain.size
    plain.thumbnail(SMALL)  # in place: a copy of the large one would cost as much again
    return Picture(drawn, width, height, whole, _saved(plain, drawn))


def portrait(data: bytes, kind: str) -> bytes:
    """
    Draw the middle of a PNG, JPEG or WebP anew: a square of at most 256 pixels a side, on white, as WebP.

    Raises InvalidField as `redraw`, and for an image of another media type.
    """
    if kind not in PORTRAIT_KINDS:
        raise InvalidField("A portrait is a PNG, JPEG or WebP image", field="file")
    _few_scans(data, kind)
    plain = _decoded(data, kind)
    side = min(plain.size)
    left, top = (plain.width - side) // 2, (plain.height - side) // 2
    made = min(side, PORTRAIT)
    square = plain.resize((made, made), Image.Resampling.LANCZOS, box=(left, top, left + side, top + side))
    ground = Image.new("RGB", square.size, "white")
    ground.paste(square, mask=square if square.mode == "RGBA" else None)
    return _saved(ground, "image/webp")


def _decoded(data: bytes, kind: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of damaged metadata: none of it is kept
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Named, so that nothing but the decoder for what was sniffed ever sees the bytes.
            with Image.open(io.BytesIO(data), formats=(FORMATS[kind],)) as opened:
                return _plain(opened)
    except InvalidField:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many() from None
    except MemoryError:
        raise InvalidField("This image takes too much memory", field="file") from None
    except Exception:  # noqa: BLE001 - what a decoder says to a damaged image is not bounded by any list
        raise InvalidField("This image is damaged", field="file") from None


def _plain(opened: Image.Image) -> Image.Image:
    """Return the pixels, turned as the camera was held and in sRGB, in an image that never knew more."""
    if opened.width * opened.height > PIXELS_MOST:
        raise _too_many()
    opened.load()
    turn = None
    with contextlib.suppress(Exception):  # a damaged note about a picture does not damage it: it stays as it lies
        turn = TURNS.get(int(opened.getexif()[ORIENTATION]))
    pixels = in_srgb(opened)
    if turn is not None:
        pixels = pixels.transpose(turn)
    # A new image, since saving the opened one keeps the comment of a JPEG or a GIF.
    made = Image.new(pixels.mode, pixels.size)
    made.paste(pixels)
    return made


def _few_scans(data: bytes, kind: str) -> None:
    if kind == "image/jpeg" and _scans(data) > SCANS_MOST:
        raise InvalidField(f"A JPEG has at most {SCANS_MOST} scans", field="file")


def _scans(data: bytes) -> int:
    """Count the scans of a JPEG, up to one too many: each makes the decoder walk over the whole image once more."""
    found, at = 0, 2
    while found <= SCANS_MOST and (mark := MARK.search(data, at)) and mark[1][0] != END:
        found += mark[1][0] == SCAN
        at = mark.end() + int.from_bytes(data[mark.end() : mark.end() + 2], "big")
    return found


def _saved(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "image/png":
        image.save(out, "PNG", compress_level=6)
    else:
        image.save(out, FORMATS[kind], quality=QUALITY)
    return out.getvalue()


def _too_many() -> InvalidField:
    return InvalidField(f"An image has at most {PIXELS_MOST // 1_000_000} million pixels", field="file")
