"""What a file is, by its own first bytes; what its sender says about it counts for nothing."""

from __future__ import annotations

import unicodedata

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
TEXT = "text/plain"
SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
)
NAME_CHARS = 200
RESERVED = frozenset('/\\:*?"<>|')


def sniff(data: bytes) -> str | None:
    """Return the media type of `data`: an image, PDF, ZIP (office documents too), plain text; None for all else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    known = next((kind for sign, kind in SIGNS if data.startswith(sign)), None)
    return known or (TEXT if _is_text(data) else None)


def _is_text(data: bytes) -> bool:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return bool(text) and all(char in "\t\n\r\f" or char >= " " for char in text) and "\x7f" not in text


def tidy(name: str) -> str:
    """
    Return a file name fit for any disk: its last part, without control and direction characters, of at most 200
    characters; "file" where nothing is left.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    # Cf holds the characters that turn writing round: with them `gpj.exe` reads as a picture.
    plain = "".join(
        c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in RESERVED
    )
    return plain.strip(" .")[-NAME_CHARS:].strip(" .") or "file"
