"""
Greek in passwords. What estimates how easily one is guessed knows English words and the letters of a keyboard, and
takes every Greek letter for chance. So it is shown a password as it stands and as it would be in Latin letters: by
sound, by look, and by the keys it is typed with; and the commonest Greek words spelt alike.
"""

from __future__ import annotations

import unicodedata
from functools import cache

_GREEK = "αβγδεζηθικλμνξοπρσςτυφχψω"
_SOUND = dict(
    zip(
        _GREEK,
        [
            "a",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "th",
            "i",
            "k",
            "l",
            "m",
            "n",
            "x",
            "o",
            "p",
            "r",
            "s",
            "s",
            "t",
            "y",
            "f",
            "ch",
            "ps",
            "o",
        ],
        strict=True,
    )
)
_PLAIN = _SOUND | {"χ": "x"}
_LOOK = _SOUND | dict(zip("βηθυχω", "bh8uxw", strict=True))
_KEYS = dict(zip(_GREEK, "abgdezhuiklmnjoprswtyfxcv", strict=True))
READINGS = tuple(str.maketrans(each) for each in (_SOUND, _PLAIN, _LOOK, _KEYS))
WORDS = [
    "κωδικος",
    "κωδικοσμου",
    "συνθηματικο",
    "συνθημα",
    "ολυμπιακος",
    "παναθηναικος",
    "θρυλος",
    "αεκ",
    "παοκ",
    "αρης",
    "ηρακλης",
    "παναχαικη",
    "ομονοια",
    "αποελ",
    "σαγαπω",
    "σαγαπαω",
    "αγαπη",
    "αγαπημου",
    "μωρομου",
    "καρδιαμου",
    "ματιαμου",
    "ερωτας",
    "μανουλα",
    "μπαμπας",
    "οικογενεια",
    "καλημερα",
    "καλησπερα",
    "καληνυχτα",
    "γειασου",
    "ελλαδα",
    "ελλας",
    "ελληνας",
    "αθηνα",
    "θεσσαλονικη",
    "πειραιας",
    "πατρα",
    "ηρακλειο",
    "λαρισα",
    "βολος",
    "ιωαννινα",
    "κρητη",
    "ροδος",
    "κερκυρα",
    "μυκονος",
    "σαντορινη",
    "κυπρος",
    "λευκωσια",
    "λεμεσος",
    "μακεδονια",
    "γιωργος",
    "γιαννης",
    "νικος",
    "κωστας",
    "κωνσταντινος",
    "δημητρης",
    "βασιλης",
    "παναγιωτης",
    "χρηστος",
    "αντωνης",
    "μιχαλης",
    "σπυρος",
    "θανασης",
    "στελιος",
    "σωτηρης",
    "αλεξανδρος",
    "μαρια",
    "ελενη",
    "κατερινα",
    "αικατερινη",
    "βασιλικη",
    "σοφια",
    "αννα",
    "ειρηνη",
    "δημητρα",
    "γεωργια",
    "αναστασια",
    "ευαγγελια",
    "χριστινα",
    "αγγελικη",
    "ηλιος",
    "θαλασσα",
    "ουρανος",
    "φεγγαρι",
    "αστερι",
    "αγγελος",
    "καρδια",
    "ψυχη",
    "ζωη",
    "ελευθερια",
    "χριστος",
    "παναγια",
    "θεος",
    "σχολειο",
    "δασκαλος",
    "δουλεια",
    "υπολογιστης",
    "σπιτι",
    "σκυλος",
    "γατα",
    "μαλακας",
    "μαλακια",
    "καλοκαιρι",
    "χειμωνας",
    "ανοιξη",
    "φθινοπωρο",
    "ιανουαριος",
    "φεβρουαριος",
    "μαρτιος",
    "απριλιος",
    "μαιος",
    "ιουνιος",
    "ιουλιος",
    "αυγουστος",
    "σεπτεμβριος",
    "οκτωβριος",
    "νοεμβριος",
    "δεκεμβριος",
    "δευτερα",
    "τριτη",
    "τεταρτη",
    "πεμπτη",
    "παρασκευη",
    "σαββατο",
    "κυριακη",
    "διαχειριστης",
    "δοκιμη",
    "πελατης",
    "καταστημα",
    "εταιρεια",
    "γραφειο",
]


def readings(text: str) -> list[str]:
    """Return a text as it stands, and where it has Greek letters also in Latin ones, in each way once."""
    plain = _folded(text)
    return list(dict.fromkeys([text, *(plain.translate(each) for each in READINGS if set(plain) & set(_GREEK))]))


@cache
def common_words() -> tuple[str, ...]:
    """Return the commonest Greek words in Latin letters, in every way of writing them."""
    return tuple(dict.fromkeys(each.translate(way) for each in WORDS for way in READINGS))


def _folded(text: str) -> str:
    """Return a text in lower case, its letters without marks (NFD)."""
    apart = unicodedata.normalize("NFD", text.lower())
    return "".join(each for each in apart if not unicodedata.combining(each))
