"""Images drawn anew: what comes out has the pixels and nothing else: no place, no camera, no comment, no tail."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from chat.errors import InvalidField

PIXELS_MOST = 40_000_000
SMALL = (480, 480)
FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}
# An animation loses its movement: one frame is drawn, as a PNG where the format was made for movement.
DRAWN = {"image/gif": "image/png"}
QUALITY = 86


@dataclass(frozen=True)
class Picture:
    """An image drawn anew, `width` by `height` pixels, and a small one to show."""

    type: str
    width: int
    height: int
    data: bytes
    small: bytes


def redraw(data: bytes, kind: str) -> Picture:
    """Draw an image of media type `kind` anew. Raises InvalidField where it is broken or has over 40 million pixels."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            # Named, so that nothing but the decoder for what was sniffed ever sees the bytes.
            with Image.open(io.BytesIO(data), formats=(FORMATS[kind],)) as opened:
                plain = _plain(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many() from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError):
        raise InvalidField("This image is damaged", field="file") from None
    drawn = DRAWN.get(kind, kind)
    whole, (width, height) = _saved(plain, drawn), plain.size
    plain.thumbnail(SMALL)  # in place: a copy of the large one would cost as much again
    return Picture(drawn, width, height, whole, _saved(plain, drawn))


def _plain(opened: Image.Image) -> Image.Image:
    """Return the pixels, turned as the camera was held, in an image that never knew more."""
    if opened.width * opened.height > PIXELS_MOST:
        raise _too_many()
    opened.load()
    ImageOps.exif_transpose(opened, in_place=True)
    mode = "RGBA" if opened.has_transparency_data else "RGB"
    pixels = opened if opened.mode == mode else opened.convert(mode)
    made = Image.new(mode, pixels.size)
    made.paste(pixels)
    return made


def _saved(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "image/png":
        image.save(out, "PNG", compress_level=6)
    else:
        image.save(out, FORMATS[kind], quality=QUALITY)
    return out.getvalue()


def _too_many() -> InvalidField:
    return InvalidField(f"An image has at most {PIXELS_MOST // 1_000_000} million pixels", field="file")
