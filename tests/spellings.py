"""Addresses for tests: tables of those that are one or two mailboxes, and random ones of both kinds."""

import random
import unicodedata
from collections.abc import Callable

import idna

from tests.chance import dice

Identity = Callable[[str], str]

APART = (
    ("info@faß.example", "info@fass.example"),
    ("ßeta@x.example", "sseta@x.example"),
    ("νικος@x.example", "νικοσ@x.example"),
    ("eva@φίλος.example", "eva@φίλοσ.example"),
    ("ann②@x.example", "ann2@x.example"),
    ("ﬁona@x.example", "fiona@x.example"),
    ("Ｚoe@x.example", "zoe@x.example"),
    ("x²@x.example", "x2@x.example"),
    ("ſam@x.example", "sam@x.example"),
    ("ı@x.example", "i@x.example"),
    ("tom+shop@x.example", "tom@x.example"),
    ("t.om@x.example", "tom@x.example"),
    ("jose@x.example", "josé@x.example"),
    ("mia@bücher.example", "mia@bucher.example"),
    ("mia@bücher.example", "mia@buecher.example"),
    ("mia@x.example", "mia@x.example.org"),
    ("а@x.example", "a@x.example"),
)
"""Pairs of mailboxes that look alike, or are equal under NFKC, case folding or the IDNA of 2003."""

ONE = (
    ("mia@bücher.example", "mia@xn--bcher-kva.example"),
    ("mia@bücher.example", "MIA@XN--BCHER-KVA.EXAMPLE"),
    ("mia@bücher.example", " mia@BÜCHER.example\n"),
    ("zoe@παράδειγμα.example", "zoe@xn--hxajbheg2az3al.example"),
    ("eva@faß.example", "eva@xn--fa-hia.example"),
    ("Eva@EXAMPLE.org", "eva@example.org"),
    ("josé@x.example", "jose\u0301@x.example"),
    ("ΕΛΈΝΗ@x.example", "ελένη@x.example"),
    ("ΝΙΚΟΣ@x.example", "νικος@x.example"),
    ("a@x\uff0eexample", "a@x.example"),
    ("a@ｘ.example", "a@x.example"),
    ("O'Neil@x.example", "o'neil@x.example"),
)
"""Two spellings of one mailbox."""

_GREEK = "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώ"
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_+'" * 2 + "àéîõüßſıﬁ²②ａϊабвгд" + _GREEK
_LABELS = "abcdefghijklmnopqrstuvwxyz0123456789" * 2 + "àéîõüßабвгд" + _GREEK


def mailbox(by: random.Random) -> tuple[str, str]:
    """A random mailbox: what is before the @, and its domain in letters."""
    local = ".".join("".join(by.choices(_LETTERS, k=by.randint(1, 8))) for _ in range(by.randint(1, 2)))
    # A label that mixes scripts freely is not always one: only those that IDNA 2008 takes.
    while True:
        label = "".join(by.choices(_LABELS, k=by.randint(1, 10)))
        try:
            idna.encode(label)
        except idna.IDNAError:
            continue
        return local, f"{label}.example"


def spelt(by: random.Random, local: str, domain: str) -> str:
    """The same mailbox in another spelling: composed or not, in capitals that come back, as A-labels, with blanks."""
    if by.random() < 0.5:
        local = "".join(_shouted(each) if by.random() < 0.5 else each for each in local)
    wire = by.choice([domain, idna.encode(domain).decode(), idna.encode(domain).decode().upper()])
    made = unicodedata.normalize(by.choice(["NFC", "NFD"]), f"{local}@{wire}")
    return by.choice(["", " ", "\t"]) + made + by.choice(["", " ", "\r\n"])


def _shouted(letter: str) -> str:
    """A letter in capitals, if that is one letter whose small form is this one."""
    loud = letter.upper()
    return loud if len(loud) == 1 and loud.lower() == letter and letter != "σ" else letter


def lookalike(by: random.Random, local: str, domain: str) -> str | None:
    """Another mailbox that a looser comparison takes for this one; None where it has no such letter."""
    swaps = {"ß": "ss", "ς": "σ", "ﬁ": "fi", "²": "2", "②": "2", "ａ": "a", "ſ": "s", "σ": "ς"}
    of_domain = {"ß": "ss", "ς": "σ"}
    found = [(0, each) for each in local if each in swaps] + [(1, each) for each in domain if each in of_domain]
    if not found:
        return None
    part, letter = by.choice(found)
    other = (
        [local.replace(letter, swaps[letter]), domain] if not part else [local, domain.replace(letter, swaps[letter])]
    )
    return "@".join(other)


def holds(identity: Identity, rounds: int = 2000) -> None:
    """Assert that an identity keeps one mailbox one and two mailboxes two, for both tables and many random ones."""
    for one, other in APART:
        assert identity(one) != identity(other), (one, other)
    for one, other in ONE:
        assert identity(one) == identity(other), (one, other)
    by, known = dice("spellings"), dict[str, tuple[str, str]]()
    for _ in range(rounds):
        local, domain = box = mailbox(by)
        mine = identity(f"{local}@{domain}")
        assert known.setdefault(mine, box) == box, (known[mine], box)
        assert identity(again := spelt(by, local, domain)) == mine, (box, again)
        assert identity(mine) == mine, mine
        like = lookalike(by, local, domain)
        assert like is None or identity(like) != mine, (box, like)
