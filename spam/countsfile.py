"""The part of a filter's file that was learnt from marks. It stands behind the prior's bytes, or is not there at all.

A line of JSON (format, features, a fingerprint of the key, the head), the counts compressed: the gap from each number
to the next, then how much ham, how much spam (32 bits each, little-endian). A line of fixed length ends it, with the
length and the checksum of all this. The key itself is not in it.
"""

from __future__ import annotations

import json
import re
import sys
import zlib
from array import array
from collections.abc import Mapping
from hashlib import sha256
from itertools import accumulate
from typing import Any, Final

from spam.marks import HAM, SPAM, TEXTS, halves
from spam.modelfile import LARGEST, ModelFileError

VERSION: Final = 1
_END: Final = re.compile(rb"lethe-spam-counts ([0-9a-f]{64}) ([0-9a-f]{8})\n\Z")
_END_LENGTH: Final = 92


def pack(header: Mapping[str, Any], counts: Mapping[int, int]) -> bytes:
    """Return the bytes of counts: the same counts, the same bytes, in whatever order they were made."""
    numbers = sorted(number for number in counts if number != TEXTS)
    pairs = [halves(counts[number]) for number in numbers]
    gaps = [here - last for last, here in zip([0, *numbers], numbers, strict=False)]
    columns = [gaps, [ham for ham, _ in pairs], [spam for _, spam in pairs]]
    said = {**header, "format": VERSION, "texts": halves(counts.get(TEXTS, 0))}
    line = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
    body = line + b"\n" + zlib.compress(b"".join(_little(array("I", each)).tobytes() for each in columns), 9)
    return body + b"lethe-spam-counts %s %08x\n" % (sha256(body).hexdigest().encode(), len(body))


def split(data: bytes) -> tuple[bytes, bytes]:
    """Return a file's part of the prior and its part of counts, empty where nothing was learnt."""
    end = _END.search(data[-_END_LENGTH:])
    if end is None:
        return data, b""
    at = len(data) - _END_LENGTH - int(end[2], 16)
    if at < 0 or sha256(data[at:-_END_LENGTH]).hexdigest().encode() != end[1]:
        raise ModelFileError("the filter's file is damaged: the checksum of its counts does not match")
    return data[:at], data[at:-_END_LENGTH]


def unpack(body: bytes) -> tuple[dict[str, Any], dict[int, int]]:
    """Return the header and the counts, or raise ModelFileError."""
    line, _, packed = body.partition(b"\n")
    try:
        header = json.loads(line)
        if header.pop("format") != VERSION:
            raise ModelFileError("the filter's counts are of another format than this program reads")
        # No more than a filter of ours can hold: a small file could unpack to any size.
        columns = _little(array("I", zlib.decompressobj().decompress(packed, LARGEST * 3)))
        third = len(columns) // 3
        counts = _counts(columns[:third], columns[third : 2 * third], columns[2 * third :])
        ham, spam = header.pop("texts")
        return header, {**counts, TEXTS: ham * HAM + spam * SPAM} if counts or ham or spam else {}
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise ModelFileError("the filter's file is damaged: its counts do not fit together") from error


def _counts(gaps: array[int], ham: array[int], spam: array[int]) -> dict[int, int]:
    columns = zip(accumulate(gaps), ham, spam, strict=True)
    return {number: low * HAM + high * SPAM for number, low, high in columns}


def _little(numbers: array[int]) -> array[int]:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
