"""What a file is, by its own bytes, and a name that agrees. Its sender's word for it counts for nothing."""

from __future__ import annotations

import re
import unicodedata

from chat.core.texts import composed

IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
TEXT, PDF, ZIP = "text/plain", "application/pdf", "application/zip"
SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
)
# The only endings a name may have, by type, the usual one first. What opens as a program, a page or a macro is in none.
ENDINGS = {
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    PDF: ("pdf",),
    ZIP: ("zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "odg"),
    TEXT: ("txt", "text", "csv", "tsv", "log", "md", "json", "yaml", "yml"),
}
OF_IMAGES = frozenset(ending for kind in IMAGES for ending in ENDINGS[kind])
# A PDF may begin with some other lines (ISO 32000-1, Annex H.3.4.1: within the first 1024 bytes), and ends with a mark.
LATE_PDF, PDF_END, PDF_REACH = re.compile(rb"[\r\n]%PDF-\d\.\d"), b"%%EOF", 1024
# Bell, backspace and escape are in logs; the others are in no text of any encoding that keeps to bytes.
NO_TEXT = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
NO_WIDE_TEXT = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]")
BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)

NAME_BYTES = 200
"""The longest name in UTF-8: disks take 255, and archives and browsers put something before and behind it."""
RESERVED = frozenset('/\\:*?"<>|')
DEVICES = re.compile(r"\A\s*(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(?=\s*(\.|$))", re.IGNORECASE)
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn"}
JOINERS = "\u200c\u200d"
VIRAMA = 9  # the combining class of what binds two letters of an Indic script into one
BLANK = frozenset("\u00a0\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe0e\ufe0f")


def sniff(data: bytes) -> str | None:
    """Return the media type of `data`: an image, PDF, ZIP (office documents too), plain text, or None for all else."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    known = next((kind for sign, kind in SIGNS if data.startswith(sign)), None)
    if known is None and LATE_PDF.search(data[:PDF_REACH]) and PDF_END in data[-PDF_REACH:]:
        return PDF
    return known or (TEXT if _is_text(data) else None)


def _is_text(data: bytes) -> bool:
    """
    Tell whether it is text in any common encoding: no byte is one that no text has. Which encoding it is need not be
    known: the file is given back as it came, to be saved and not shown.
    """
    wide = next((name for sign, name in BOMS if data.startswith(sign)), None) or _unmarked(data)
    if wide is None:
        return bool(data) and NO_TEXT.search(data) is None
    try:
        text = data.decode(wide)
    except UnicodeDecodeError:
        return False
    return bool(text) and NO_WIDE_TEXT.search(text) is None


def _unmarked(data: bytes) -> str | None:
    """Return which UTF-16 it may be without a mark: its blanks and line ends have a zero byte on one side each."""
    if len(data) % 2 or b"\0" not in data:
        return None
    if b"\0" not in data[::2]:
        return "utf-16-le"
    return None if b"\0" in data[1::2] else "utf-16-be"


def tidy(name: str, kind: str, most: int = NAME_BYTES) -> str:
    """
    Return a file name fit for any disk, whose ending agrees with its media type `kind`: its last part, without control
    and direction characters, of at most so many bytes in UTF-8, cut between characters as people see them; "file" where
    nothing is left.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for at, c in enumerate(last) if _stays(last, at) and c not in RESERVED)
    stem, ending = _parted(composed(plain).strip(" ."), kind)
    stem = DEVICES.sub(r"\1_", shortened(stem, most - len(ending) - 2)).strip(" .")
    return f"{stem if set(stem) - BLANK else 'file'}.{ending}"


def shortened(text: str, most: int) -> str:
    """Return the beginning of `text`, of at most so many bytes in UTF-8, cut between characters as people see them."""
    cut = len(text.encode()[:most].decode(errors="ignore"))
    while 0 < cut < len(text) and not _between(text, cut):
        cut -= 1
    return text[:cut]


def _parted(name: str, kind: str) -> tuple[str, str]:
    """Return what stands before the ending, and an ending that agrees: the name's own, or the type's usual one."""
    stem, dot, ending = name.rpartition(".")
    usual = ENDINGS[kind][0] if kind in ENDINGS else "bin"
    if dot and ending.lower() in ENDINGS.get(kind, ()):
        return stem, ending
    # An image drawn as one of another kind; a name that is but an ending.
    if dot and ending.lower() in OF_IMAGES and kind in IMAGES:
        return stem, usual
    return name, usual


def _stays(text: str, at: int) -> bool:
    """
    Tell whether a character stays: none of those that nobody sees, which turn writing round (with them `gpj.exe` reads
    as a picture), but for joiners within a word or an emoji.
    """
    char = text[at]
    if char in JOINERS:
        return 0 < at < len(text) - 1 and _joins(text[at - 1]) and _joins(text[at + 1])
    return unicodedata.category(char) not in UNSEEN


def _joins(char: str) -> bool:
    return not char.isascii() and unicodedata.category(char)[0] in "LMS" and char not in BLANK - {"\ufe0f"}


def _between(text: str, at: int) -> bool:
    """Tell whether two characters are two to people also, after UAX 29."""
    before, after = text[at - 1], text[at]
    joined = before in JOINERS or after in JOINERS or unicodedata.category(after)[0] == "M"
    joined = joined or unicodedata.combining(before) == VIRAMA
    toned = "\U0001f3fb" <= after <= "\U0001f3ff"
    flag = _is_flag(before) and _is_flag(after) and _flags(text[:at]) % 2 == 1
    return not (joined or toned or flag)


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags(text: str) -> int:
    return len(text) - len(text.rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
