"""A filter's file: a line that says what it is and vouches for the rest, a header, the weights.

``lethe-spam-filter VERSION SHA256 LENGTH`` and a newline; LENGTH bytes of JSON; for each feature
that has a weight the gap between its number and the one before (16 bits, little-endian); then as
many weights (16 bits, signed). No pickle, no compression: one filter, the same bytes anywhere.
"""

import json
import os
import sys
from array import array
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Final

VERSION: Final = 1
LARGEST: Final = 8_000_000  # bytes: what no filter of ours reaches
_MAGIC: Final = b"lethe-spam-filter"
_WIDEST: Final = 0xFFFF  # a gap of 16 bits


class ModelFileError(Exception):
    """A file that is damaged, no filter, or of another version. The message is one line on it."""


def pack(header: dict[str, Any], weights: "array[int]") -> bytes:
    """Return the bytes of a file."""
    numbers = _with_weight(weights)
    head = json.dumps({**header, "size": len(weights)}, sort_keys=True, separators=(",", ":"))
    gaps = array("H", (here - last for last, here in zip([0, *numbers], numbers, strict=False)))
    values = array("h", (weights[number] for number in numbers))
    body = head.encode() + _little(gaps).tobytes() + _little(values).tobytes()
    seal = sha256(body).hexdigest().encode()
    return b"%s %d %s %d\n%s" % (_MAGIC, VERSION, seal, len(head.encode()), body)


def unpack(data: bytes) -> tuple[dict[str, Any], "array[int]"]:
    """Return the header and the weights, or raise `ModelFileError`."""
    first, _, body = data.partition(b"\n")
    fields = first.split(b" ")
    if len(fields) != len(("magic", "version", "seal", "length")) or fields[0] != _MAGIC:
        raise ModelFileError("this file is not a spam filter")
    if fields[1] != b"%d" % VERSION:
        found = ascii(fields[1][:9].decode(errors="replace"))
        raise ModelFileError(f"the filter's file has format {found}; this program reads {VERSION}")
    if sha256(body).hexdigest().encode() != fields[2]:
        raise ModelFileError("the filter's file is damaged: its checksum does not match")
    try:
        return _read(body, int(fields[3]))
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ModelFileError(
            "the filter's file is damaged: its parts do not fit together",
        ) from error


def _read(body: bytes, length: int) -> tuple[dict[str, Any], "array[int]"]:
    header = json.loads(body[:length])
    middle = (length + len(body)) // 2
    gaps, values = array("H", body[length:middle]), array("h", body[middle:])
    # What a file says of its own size is not believed: it would take the memory before anything else is looked at.
    weights = array("h", bytes(2 * min(header["size"], LARGEST)))
    for number, value in zip(accumulate(_little(gaps)), _little(values), strict=True):
        weights[number] = value
    return header, weights


def _with_weight(weights: "array[int]") -> list[int]:
    """Return the numbers that have a weight, and some that have none where a gap is too wide."""
    numbers: list[int] = []
    last = 0
    for number, weight in enumerate(weights):
        if weight:
            numbers += range(last + _WIDEST, number, _WIDEST)
            numbers.append(number)
            last = number
    return numbers


def _little(numbers: "array[int]") -> "array[int]":
    """Return numbers in little-endian order whatever the machine's."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers


def read(path: Path) -> bytes:
    """Return a file's bytes, or raise `ModelFileError`."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ModelFileError(f"the filter's file cannot be read: {error.strerror}") from error
    if len(data) > LARGEST:
        raise ModelFileError("this file is not a spam filter: it is too large")
    return data


def write(path: Path, data: bytes) -> None:
    """Put the bytes in the place of whatever was there, all or nothing."""
    with NamedTemporaryFile(dir=path.parent, prefix=".filter-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
