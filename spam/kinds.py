"""Masks what is private or only a number to its kind: names, e-mail, phone, card, link, money, digits.

What a kind leaves of the thing itself: of a link its host's words, of a number how many digits it
has, nothing else. A name is known by what stands before it ("my name is", "Mrs"); elsewhere it is a word like others.
"""

import re
from typing import Final

MARK: Final = "\x01"
_CARD: Final = range(13, 20)  # digits; ISO/IEC 7812-1
_PHONE: Final = range(7, 16)  # digits; at most 15 (ITU-T E.164)

_TLD = (
    "com|net|org|info|biz|top|xyz|shop|vip|club|site|online|app|io|me|ly|gl|gd|tv|cc|co|us|uk|eu"
    "|de|fr|gr|ru|cn|in|link|live|pro"
)
_SUSPECT = re.compile(r"[\d@]|\.\w|://|www")
# Each repetition has an end. Without one a text made for it takes the square of its length (CVE-2021-41115).
_KINDS = re.compile(
    r"(?P<mail>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})"
    r"|(?P<link>(?:https?:/{1,2}|www\.)\S+"
    r"|(?<![\w.-])[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){0,4}"
    rf"\.(?:{_TLD})\b(?:[/?]\S*)?)"
    r"|(?P<handle>(?<!\w)@\w{2,64})"
    r"|(?P<money>[$£€¥₹₽]\d[\d.,]{0,15}[km]?"
    r"|(?<!\w)\d[\d.,]{0,15}(?:[$£€¥₹₽]|usd|eur|euros?|gbp|p\b))"
    r"|(?P<percent>(?<!\w)\d[\d.,]{0,9}%)"
    r"|(?P<clock>(?<!\w)\d{1,2}(?:[:.]\d\d[ap]m|:\d\d|[ap]m)\b)"
    r"|(?P<number>(?<!\w)[+(]{0,2}\d(?:[().-]{0,2}\d){0,30})"
    r"|(?P<code>\w{0,30}\d{3}\w{0,30})"
)
_SHORTENED = re.compile(
    r"(?:https?:/{1,2})?(?:www\.)?[a-z0-9-]{1,4}\.(?!(?:com|org|net|gov|edu)/)[a-z]{2,4}/[a-z0-9_-]{4,10}/?"
)
_HOST = re.compile(r"(?:https?:/{1,2})?(?:www\.)?([^\s/?#:]{1,200})")
_WHO: Final = r"[^\W\d_][\w'-]{0,40}"
_SURNAME: Final = r"[^\W\d_]{2,40}\b(?!')"
_INTRODUCED = re.compile(  # accents were taken off before
    r"(?:\b(?:my name is|my name's|i am called|με λενε|ονομαζομαι|το ονομα μου ειναι|me lene|onomazomai|ich heiße"
    r"|mein name ist|je m'appelle|me llamo|mi chiamo|меня зовут)[ :]{1,3})"
    rf"(?P<who>{_WHO})(?P<rest>(?: {_SURNAME})?)",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"\b(?:(?:[Mm]rs?|[Mm]s|[Dd]r|Herr|Frau|κα|[κΚ]υριε|[κΚ]υριος|[κΚ]υρια)\.?|κ\.)[ ]"
    rf"(?P<who>{_WHO})(?P<rest>(?: {_SURNAME})?)"
)
_SAYS_WHO: Final = (
    "name",
    " am called",
    "λενε",
    "ονομα",
    "me lene",
    "onomaz",
    "heiße",
    "appelle",
    "llamo",
    "chiamo",
    "зовут",
)
_TITLES: Final = (" mr", " ms", " dr", "herr", "frau", "κα ", "κα.", "κυρι", " κ.")
_ACCOUNT = re.compile(r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z0-9]{4}){2,7}(?: ?[A-Za-z0-9]{1,3})?\b")


def unnumbered(text: str) -> tuple[str, int]:
    """Return a text without international bank account numbers (ISO 13616), and how many these were."""
    return _ACCOUNT.subn(" ", text)


def unnamed(text: str) -> tuple[str, int]:
    """Return a text without the names that are said to be such, and how many these were."""
    folded = f" {text.lower()}"
    found = [_INTRODUCED] if [hint for hint in _SAYS_WHO if hint in folded] else []
    found += [_TITLED] if [hint for hint in _TITLES if hint in folded] else []
    names = 0
    for shape in found:
        text, count = shape.subn(_without_who, text)
        names += count
    return text, names


def _without_who(match: re.Match[str]) -> str:
    """Keep what stood before a name. A second word is part of it where it is a capital one."""
    before = match[0][: match.start("who") - match.start()]
    return before if match["rest"][1:2].isupper() else before + match["rest"]


def mask(chunk: str) -> str:
    """Return a case-folded chunk with `MARK` and the kind's name for each thing of a kind."""
    return _KINDS.sub(_name, chunk) if _SUSPECT.search(chunk) else chunk


def _name(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "link":
        return f" {MARK}link {_host(match[0])} "
    return f" {MARK}{_number(match[0]) if kind == 'number' else kind} "


def _host(link: str) -> str:
    """Return the words of a link's host and its top-level domain, but of one that looks shortened only that."""
    if _SHORTENED.fullmatch(link):
        return f"{MARK}short"
    found = _HOST.match(link)
    labels = (found[1] if found else "").rsplit("@")[-1].split(".")
    return f"{' '.join(labels)} {MARK}tld_{labels[-1][:8]}"


def _number(found: str) -> str:
    """Tell a card from a phone from a lesser number."""
    digits = re.sub(r"\D", "", found)
    if len(digits) in _CARD and _luhn(digits):
        return "card"
    return "phone" if len(digits) in _PHONE else f"digits{len(digits)}"


def _luhn(digits: str) -> bool:
    """Check the last digit of a card number (ISO/IEC 7812-1)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (doubled + sum(int(digit) for digit in digits[::-2])) % 10 == 0
