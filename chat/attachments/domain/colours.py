"""A picture's colours in sRGB, as a screen that knows profiles shows them: then nobody needs its profile any more."""

from __future__ import annotations

import io

from PIL import Image, ImageChops, ImageCms

# What each colour space of a profile (ICC.1, 7.2.6) is called in Pillow.
SPACES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
GREY = ("1", "L", "LA", "I", "F")
STRAIGHT = {"La": "LA", "RGBa": "RGBA"}
DEEP = 257  # 65535 / 255


def in_srgb(image: Image.Image) -> Image.Image:
    """Return the pixels of a loaded image of any mode and profile as RGB or RGBA, 8 bits a channel, in sRGB."""
    if image.mode in STRAIGHT:
        image = image.convert(STRAIGHT[image.mode])
    alpha, icc = _alpha(image), image.info.get("icc_profile")
    if image.mode == "I" or image.mode.startswith("I;16"):
        image = _shallow(image)
    made = _by_profile(image, icc) or image.convert("RGB")
    if alpha is not None:
        made.putalpha(alpha)
    return made


def _alpha(image: Image.Image) -> Image.Image | None:
    if not image.has_transparency_data:
        return None
    if image.mode.startswith("I"):  # one grey that stands for nothing
        deep, nothing = image.convert("I"), image.info["transparency"]
        above = deep.point(lambda value: value * 1 + -nothing).convert("L")
        below = deep.point(lambda value: value * -1 + nothing).convert("L")
        return ImageChops.lighter(above, below).point([0] + [255] * 255)
    return (image if "A" in image.getbands() else image.convert("RGBA")).getchannel("A")


def _shallow(image: Image.Image) -> Image.Image:
    """Return 16 bits a pixel as 8: Pillow's own conversion makes all but the darkest of it white."""
    return image.convert("I").point(lambda value: value * (1 / DEEP) + 0.5).convert("L")


def _by_profile(image: Image.Image, icc: bytes | None) -> Image.Image | None:
    """Return the colours by the picture's own profile, or None where there is none, or none that fits and works."""
    base = "L" if image.mode in GREY else image.mode if image.mode in {"CMYK", "LAB"} else "RGB"
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc)) if icc else _unsaid(base)
        if profile is None or SPACES.get(profile.profile.xcolor_space.strip()) != base:
            return None
        pixels = image if image.mode == base else image.convert(base)
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
        return ImageCms.profileToProfile(pixels, profile, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, TypeError, ValueError):
        return None  # browsers, too, show a picture whose profile is broken without it


def _unsaid(base: str) -> ImageCms.ImageCmsProfile | None:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")) if base == "LAB" else None
