"""Values, texts and bodies that programs stumble over, drawn by chance."""

import json
import random
import re
import uuid
from pathlib import Path
from typing import Any

PROTOCOL = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text("utf-8")
NAMES = sorted(set(re.findall(r'"([a-z_]{2,24})"', PROTOCOL)) | set(re.findall(r"`([a-z_]{2,24})`", PROTOCOL)))
"""Every name of a field or parameter that the protocol has, and some that are none."""
VALUES: tuple[str, ...] = (
    *("", " ", "0", "-1", "1", "17", "007", "1.5", "1e999", "9" * 20, "9" * 5000, "0" * 4400 + "5", "\u0665", "\u00b2"),
    *(
        "2147483647",
        "2147483648",
        "9223372036854775808",
        "NaN",
        "true",
        "false",
        "null",
        "none",
        "me",
        "None",
        "[]",
        "{}",
    ),
    *("\0", "a\0b", "\n", "\r\n", "\u2028", "\u202e", "\ud83d", "\udc00", "\ufeff", "\ufffe", "\U0001f600", "é", "ſ"),
    *(
        "x" * 300,
        "x" * 9000,
        "../../etc/passwd",
        "..%2f..",
        "%00",
        "%",
        "%zz",
        "';--",
        '"',
        "\\",
        "<b>",
        "{{7*7}}",
        "${x}",
    ),
    *("https://[", "http://[::1", "//evil.example", "javascript:1", "mailto:", "a@b", "a@[", "@", "a..b@x.example"),
    *(
        "2026-02-30",
        "open",
        "json",
        "zip",
        "csv",
        "score",
        "number",
        "updated",
        "el",
        "en-GB",
        "W10=",
        "WzFd",
        "W251bGxd",
    ),
)


def text(dice: random.Random) -> str:
    """A value, or two grown together."""
    return dice.choice(VALUES) + (dice.choice(VALUES) if dice.random() < 0.1 else "")


def value(dice: random.Random, depth: int = 0) -> Any:
    """Anything that JSON can say, and half a surrogate pair."""
    kind = dice.randrange(10 if depth < 3 else 8)
    if kind == 8:
        return [value(dice, depth + 1) for _ in range(dice.randrange(4))]
    if kind == 9:
        return fields(dice, depth + 1)
    numbers = (0, 1, -1, 2**31, 2**63, 2**64, -(2**70), 10**400, 1.5, 1e308, True, False, None)
    return dice.choice(numbers) if kind < 4 else text(dice) if kind < 7 else str(uuid.UUID(int=dice.getrandbits(128)))


def fields(dice: random.Random, depth: int = 0) -> dict[str, Any]:
    """An object with names of the protocol."""
    return {dice.choice(NAMES): value(dice, depth) for _ in range(dice.randrange(5))}


def spoilt(dice: random.Random, body: Any) -> Any:
    """A good body with something done to one or two of its places."""
    if dice.random() < 0.15:
        return body
    if isinstance(body, dict) and body and dice.random() < 0.9:
        name = dice.choice(list(body))
        made = body | {name: spoilt(dice, body[name]) if dice.random() < 0.6 else value(dice)}
        if dice.random() < 0.1:
            made.pop(name)
        return made | (fields(dice) if dice.random() < 0.1 else {})
    if isinstance(body, list) and body and dice.random() < 0.7:
        return [spoilt(dice, body[0]), *body[1:]] * dice.choice([1, 1, 2, 300])
    return value(dice)


def written(dice: random.Random, body: Any) -> bytes:
    """A body as bytes of JSON, now and then with some of them changed."""
    data = bytearray(json.dumps(body, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass"))
    for _ in range(dice.choice([0, 0, 0, 0, 1, 3])):
        at = dice.randrange(len(data) + 1)
        data[at : at + dice.randrange(3)] = dice.choice(
            [b"", b"\0", b"\xff", b"{", b'"', b"\\ud83d", b"[" * 300, b"9" * 5000]
        )
    return bytes(data)
